"""Reads the language-model service with the official Python clients, and demands equal answers on equal terms.

Proves correctness, never speed: the clients need seconds for their first event.
"""

import json
import sys

import anthropic
import openai

BASE, SEED = sys.argv[1], "seed=7&speed=50&tokens=40"
PLAIN = {"seed": "7", "speed": "50", "tokens": "40"}
client = openai.OpenAI(base_url=f"{BASE}/v1", api_key="unused", max_retries=0)
claude = anthropic.Anthropic(base_url=BASE, api_key="unused", max_retries=0)
ENVELOPE = 4, 4  # events of a Responses stream before and behind the content


def check(what, found, expected):
    if found != expected:
        sys.exit(f"FAILED: {what}\n   found: {found!r}\nexpected: {expected!r}")
    print(f"ok: {what}")


def chat():
    """Text, finish reason and usage of a Chat Completions stream, and of an answer without one."""
    ask = {"model": "chat", "messages": [{"role": "user", "content": "hello"}], "extra_query": PLAIN}
    stream = client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **ask)
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    check("chat: chunks", len(chunks), 1 + 40 + 1 + 1)
    check("chat: role first", chunks[0].choices[0].delta.role, "assistant")
    check("chat: finish reason", chunks[-2].choices[0].finish_reason, "stop")
    check("chat: usage last", chunks[-1].usage.completion_tokens, 40)
    whole = client.chat.completions.create(**ask)
    check("chat: the same text without a stream", whole.choices[0].message.content, text)
    cut = client.chat.completions.create(max_tokens=5, **ask)
    check("chat: max_tokens", (cut.usage.completion_tokens, cut.choices[0].finish_reason), (5, "length"))
    return text


def members(events):
    """Events as both transports must give them: without the stamp, which tells when each was sent, and without what
    follows from the length of the request, which the client writes differently for each: ids and input tokens."""
    text = "[" + ",".join(event.to_json() for event in events) + "]"
    differ = ("obfuscation", "input_tokens", "total_tokens")
    keep = lambda fields: {key: value for key, value in fields.items() if key not in differ}
    return json.loads(text.replace(events[0].response.id.removeprefix("resp_"), "ID"), object_hook=keep)


def responses_sse(previous=None):
    stream = client.responses.create(
        model="chat", input="hello", stream=True, previous_response_id=previous, extra_body={"pushbench": SEED}
    )
    return list(stream)


def responses_websocket(turns):
    """Turns of one conversation on one connection, each continuing from the one before."""
    answers, previous = [], None
    with client.responses.connect() as connection:
        for _ in range(turns):
            create = {"type": "response.create", "model": "chat", "input": "hello", "pushbench": SEED}
            if previous:
                create["previous_response_id"] = previous
            connection.send(create)
            events = []
            for event in connection:
                events.append(event)
                if event.type in ("response.completed", "error"):
                    break
            answers.append(events)
            previous = events[-1].response.id
    return answers


def text_of(events):
    return "".join(event.delta for event in events if event.type == "response.output_text.delta")


def responses():
    sse, (websocket, second) = responses_sse(), responses_websocket(2)
    check("responses: event types and order", [e.type for e in websocket], [e.type for e in sse])
    check("responses: text", text_of(websocket), text_of(sse))
    check("responses: every member of every event", members(websocket), members(sse))
    check("responses: numbered", [e.sequence_number for e in sse], list(range(sum(ENVELOPE) + 40)))
    check("responses: text repeated at the end", sse[-1].response.output_text, text_of(sse))
    check("responses: a second turn knows the first", second[-1].response.previous_response_id, websocket[-1].response.id)
    third = responses_sse(previous=websocket[-1].response.id)
    check("responses: SSE continues what a WebSocket began", third[-1].response.status, "completed")
    return text_of(sse)


def messages():
    ask = {"model": "chat", "max_tokens": 100, "messages": [{"role": "user", "content": "hello"}], "extra_query": PLAIN}
    with claude.messages.stream(**ask) as stream:
        types = [event.type for event in stream if event.type not in ("text",)]
        final = stream.get_final_message()
    check("messages: opening", types[:2], ["message_start", "content_block_start"])
    check("messages: closing", types[-3:], ["content_block_stop", "message_delta", "message_stop"])
    check("messages: deltas", types.count("content_block_delta"), 40)
    check("messages: usage and reason", (final.usage.output_tokens, final.stop_reason), (40, "end_turn"))
    whole = claude.messages.create(**ask)
    check("messages: the same text without a stream", whole.content[0].text, final.content[0].text)
    return final.content[0].text


def raised(kind, ask):
    try:
        list(ask())
    except kind as error:
        return error
    return None


def ask(model="chat", mishaps=""):
    order = {"pushbench": f"{SEED}&mishaps={mishaps}"}
    return client.chat.completions.create(model=model, messages=[], stream=True, extra_body=order)


def ask_claude(mishaps):
    order = {"pushbench": f"{SEED}&mishaps={mishaps}"}
    return claude.messages.create(model="chat", max_tokens=9, messages=[], stream=True, extra_body=order)


def errors():
    """What goes wrong arrives as the clients' own exceptions."""
    missing = raised(openai.NotFoundError, lambda: ask("gpt"))
    check("errors: unknown model", missing and missing.code, "model_not_found")
    limit = raised(openai.RateLimitError, lambda: ask(mishaps="status:429"))
    check("errors: 429 says when to come again", limit and limit.response.headers.get("retry-after"), "1")
    check("errors: 500", bool(raised(openai.InternalServerError, lambda: ask(mishaps="status:500"))), True)
    check("errors: within a stream", bool(raised(openai.APIError, lambda: ask(mishaps="error:5"))), True)
    check("errors: a cut stream", bool(raised(openai.APIConnectionError, lambda: ask(mishaps="cut:5"))), True)
    check("errors: invalid JSON", bool(raised(json.JSONDecodeError, lambda: ask(mishaps="invalid:5"))), True)
    overloaded = raised(anthropic.APIStatusError, lambda: ask_claude("error:5"))
    check("errors: overloaded within a stream", "overloaded_error" in str(overloaded), True)
    with client.responses.connect() as connection:
        connection.send({"type": "response.create", "model": "gpt", "input": "hello"})
        event = next(iter(connection))
        check("errors: an event on a WebSocket", (event.type, event.status, event.error.code), ("error", 404, "model_not_found"))


def main():
    check("models are listed", "chat" in [model.id for model in client.models.list()], True)
    texts = {chat(), responses(), messages()}
    check("one seed is one text in every format", len(texts), 1)
    errors()


main()
