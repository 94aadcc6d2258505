"""Files of a session: chat attachments, materials, their check and the watermarked copy (guide rows S19, S25–S28)."""
