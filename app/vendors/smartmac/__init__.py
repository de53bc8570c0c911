"""smart-MAC meters: a reply with everything, at most once a minute or once in six seconds."""
