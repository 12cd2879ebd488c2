"""What an agent sees of a call that comes: `pop` and `happenings` are pure, `reading` asks, `kitchen` prepares."""
