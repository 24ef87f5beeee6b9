FROM busybox
CMD ["sleep", "299"]
