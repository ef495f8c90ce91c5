"""
An OpenAI-compatible endpoint that misbehaves on request, over a real socket.

    async with FakeModel() as fake:
        fake.says(intent="ask_price", confidence=0.8)      what it answers from now on
        fake.behaves("hangs", "http_429")                  what the next calls do, one after the other
        fake.heard                                         every request: path, headers, body
"""

from tests.fakes.llm.server import BEHAVIOURS, FakeModel, Heard

__all__ = ["BEHAVIOURS", "FakeModel", "Heard"]
