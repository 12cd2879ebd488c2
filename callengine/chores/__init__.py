"""What is done by the clock beside the calls: retention, and by which engine."""
