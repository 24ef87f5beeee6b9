db.getSiblingDB("notes").notes.createIndex({ created: -1 });
