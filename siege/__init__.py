"""What a client, a model, an upstream and a signal can do to `sm-emulator serve`, done to it."""
