// Notes over MongoDB: POST / keeps the body, GET / lists the last ten.
import { createServer } from "node:http";
import { MongoClient } from "mongodb";

const client = await new MongoClient(process.env.MONGO_URL).connect();
const notes = client.db().collection("notes");

async function answer(request) {
  if (request.url === "/health") {
    await client.db().command({ ping: 1 });
    return "ok\n";
  }
  if (request.method === "POST") {
    let text = "";
    for await (const chunk of request) text += chunk;
    await notes.insertOne({ text, created: new Date() });
  }
  const last = await notes.find().sort({ created: -1 }).limit(10).toArray();
  return last.map((note) => `${note.text}\n`).join("");
}

createServer((request, response) =>
  answer(request).then(
    (text) => response.end(text),
    (error) => response.writeHead(500).end(`${error.message}\n`),
  ),
).listen(3000);
