"""AMI as bytes, messages and actions: framing, answers, recordings. Knows nothing of calls or agents."""
