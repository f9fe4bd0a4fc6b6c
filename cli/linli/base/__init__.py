"""What every command stands on; imports no other part of the command."""
