"""Language models, by any endpoint that speaks the chat completions of OpenAI."""
