# The extension for containers: is Compose there, and what is in the file?
docker compose version > version.txt
docker compose --file compose.yaml config --profiles > profiles.txt
docker compose --file compose.yaml config --services > services.txt
docker compose --file compose.yaml --profile debug config --services > all-services.txt
docker compose --file compose.yaml config --images > images.txt
docker compose --file compose.yaml config --volumes > volumes.txt
docker compose --file compose.yaml config --format json > config.json

# Compose Up - Select Services
docker compose --file compose.yaml --project-name "$NAME" up --detach --build web

# The tree of containers
docker compose --file compose.yaml --project-name "$NAME" ps --all --format json > ps.json
docker compose ls --all --format json > ls.json
docker compose --file compose.yaml --project-name "$NAME" images --format json > images.json

# Attach shell, execute
docker compose --file compose.yaml --project-name "$NAME" exec -T web sh -c 'echo $GREETING' > exec.txt

# Compose Logs
docker compose --file compose.yaml --project-name "$NAME" logs --follow --tail 1000 > logs.txt &
logs=$!
while ! grep -q hello logs.txt; do sleep 0.1; done
kill -INT $logs
wait $logs || true

# Compose Restart
docker compose --file compose.yaml --project-name "$NAME" restart

# Compose Stop
docker compose --file compose.yaml --project-name "$NAME" stop

# Compose Start
docker compose --file compose.yaml --project-name "$NAME" start

# The extension for dev containers: another file on top, everything, nothing replaced
docker compose version --short > short.txt
printf "services:\n  'web':\n    labels:\n      - 'devcontainer.local_folder=/src'\n" > dev.yml
docker compose -f compose.yaml -f dev.yml --profile '*' config > merged.yaml
docker compose --project-name "$NAME" -f compose.yaml -f dev.yml build web
docker compose --project-name "$NAME" -f compose.yaml -f dev.yml up -d web
docker compose --project-name "$NAME" -f compose.yaml -f dev.yml up -d --no-recreate web

# Compose Down
docker compose --file compose.yaml --project-name "$NAME" down
