"""The linli command: the embedded platform, the sample district, imports and operations."""
