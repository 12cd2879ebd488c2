"""Voice messages that residents leave, and who has listened to them."""
