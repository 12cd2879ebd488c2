"""What we write into queue_log, as app_queue would have written it."""
