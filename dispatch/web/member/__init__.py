"""The pages of members and grid workers: what is offered, handled, filed for others."""
