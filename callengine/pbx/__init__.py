"""What is asked of a PBX beside its calls: its dialplan, logins that only look."""
