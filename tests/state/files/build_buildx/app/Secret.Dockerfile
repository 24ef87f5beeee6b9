FROM busybox
RUN --mount=type=secret,id=plain test "$(cat /run/secrets/plain)" = secret
RUN --mount=type=secret,id=named test "$(cat /run/secrets/named)" = secret
CMD ["sleep", "297"]
