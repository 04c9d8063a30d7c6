"""Training one network: phases, the compiled trainer, callbacks."""
