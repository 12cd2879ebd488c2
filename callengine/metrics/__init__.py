"""What Prometheus reads. Observes; decides nothing."""
