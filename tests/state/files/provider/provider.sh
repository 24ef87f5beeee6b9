#!/bin/sh
echo '{"type": "info", "message": "looking"}'
echo '{"type": "setenv", "message": "URL=http://there"}'
