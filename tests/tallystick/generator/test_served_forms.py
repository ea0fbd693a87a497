"""Forms and parts in the styles that the contract gives them, over HTTP: a fault here loses fields, or reads them
otherwise than clients write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tallystick.runtime.uploads import Upload
from tests.support.contracts import Contracts, Served, refused

SCHEMA = """
              type: object
              additionalProperties: false
              properties:
                pipes: {type: array, items: {type: integer}}
                commas: {type: array, items: {type: string}}
                created: {anyOf: [{type: object, properties: {gt: {type: integer}}}, {type: integer}]}
                expand: {type: array, items: {type: string}}
                meta: {type: object, additionalProperties: {type: string}}
                point: {type: object, properties: {x: {type: integer}, y: {type: integer}}}
                json: {type: object, properties: {x: {type: integer}}}
                either: {anyOf: [{type: string}, {type: object, properties: {x: {type: integer}}}]}
                maybe: {type: [integer, "null"]}
                open: {type: string}
            encoding:
              pipes: {style: pipeDelimited}
              commas: {explode: false}
              created: {style: deepObject, explode: true}
              expand: {style: deepObject, explode: true}
              meta: {style: deepObject}
              point: {style: form, explode: true}
              open: {allowReserved: true}
"""
CONTRACT = f"""
paths:
  /form:
    post:
      operationId: postForm
      requestBody:
        required: true
        content:
          application/x-www-form-urlencoded:
            schema: {SCHEMA}
          multipart/form-data:
            schema: {SCHEMA}
      responses: {{"204": {{description: ok}}}}
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def served(contracts: Contracts) -> Served:
    return contracts.text(CONTRACT).serve(post_form=None)


@pytest.mark.parametrize(
    ("content", "value"),
    [
        ("pipes=1|2", {"pipes": [1, 2]}),
        ("commas=a,b%2Cc", {"commas": ["a", "b,c"]}),
        ("created=5", {"created": 5}),
        ("created[gt]=5", {"created": {"gt": 5}}),
        ("expand[]=a&expand[]=b", {"expand": ["a", "b"]}),
        ("meta[a]=1&meta[b]=", {"meta": {"a": "1", "b": ""}}),
        ("x=1&y=2", {"point": {"x": 1, "y": 2}}),
        ("json=%7B%22x%22:1%7D", {"json": {"x": 1}}),
        ("either=a", {"either": "a"}),
        ("either=%7B%22x%22:1%7D", {"either": {"x": 1}}),
        ("maybe=null", {"maybe": None}),
        ("open=a/b?c:d@e", {"open": "a/b?c:d@e"}),
    ],
)
async def test_fields_of_a_form_are_read_in_their_style(served: Served, content: str, value: object) -> None:
    answer = await served.post("/form", content=content, headers=FORM)
    assert answer.status_code == 204, answer.text
    assert served.given["body"].model_dump(exclude_unset=True) == value


@pytest.mark.parametrize(
    ("content", "pointer", "code"),
    [
        ("pipes=1|x", "/pipes/1", "integer_type"),
        ("pipes=1&pipes=2", "/pipes", "repeated"),
        ("created[gt]=x", "/created/gt", "integer_type"),
        ("meta[a=1", "/meta", "style"),
        ("x=x", "/point/x", "integer_type"),
        ("other=1", "/other", "unknown"),
        ("json=%7B", "/json", "json_invalid"),
    ],
)
async def test_faults_of_a_form_point_to_its_fields(served: Served, content: str, pointer: str, code: str) -> None:
    answer = await served.post("/form", content=content, headers=FORM)
    assert answer.status_code in (400, 422)
    assert (pointer, code) in {(each["pointer"], each["code"]) for each in answer.json()["errors"]}
    assert not served.given


async def test_parts_are_read_in_their_style_too(served: Served) -> None:
    parts = [
        ("pipes", "1|2"),
        ("commas", "a,b"),
        ("created[gt]", "5"),
        ("expand[]", "a"),
        ("expand[]", "b"),
        ("x", "1"),
    ]
    answer = await served.post("/form", files=[(name, (None, text)) for name, text in parts])
    assert answer.status_code == 204, answer.text
    assert served.given["body"].model_dump(exclude_unset=True) == {
        "pipes": [1, 2],
        "commas": ["a", "b"],
        "created": {"gt": 5},
        "expand": ["a", "b"],
        "point": {"x": 1},
    }


PARTS = """
paths:
  /parts:
    post:
      operationId: postParts
      requestBody:
        required: true
        content:
          multipart/form-data:
            schema:
              type: object
              properties:
                file: {type: string, format: binary}
                files: {type: array, items: {type: string, format: binary}}
                one_or_more:
                  anyOf: [{type: string, format: binary}, {type: array, items: {type: string, format: binary}}]
                text_or_file: {anyOf: [{type: integer}, {type: string, format: binary}]}
            encoding:
              file:
                contentType: image/png, image/jpeg
                headers:
                  X-Count: {required: true, schema: {type: integer, maximum: 9}}
                  X-List: {schema: {type: array, items: {type: integer}}}
                  X-Json: {content: {application/json: {schema: {type: object, required: [a], properties: {a: {}}}}}}
                  Content-Type: {required: true, schema: {type: integer}}
              files: {contentType: "image/*"}
      responses: {"204": {description: ok}}
  /mixed:
    post:
      operationId: postMixed
      requestBody:
        required: true
        content:
          multipart/mixed: {schema: {type: array, minItems: 1, items: {type: object, properties: {n: {type: integer}}}}}
          multipart/related:
            schema:
              type: object
              required: [root]
              properties:
                root: {type: object, properties: {n: {type: integer}}}
                image: {type: string, format: binary}
      responses: {"204": {description: ok}}
"""


@pytest.fixture
def parts(contracts: Contracts) -> Served:
    return contracts.text(PARTS).serve(post_parts=None, post_mixed=None)


def file(name: str = "file", media_type: str = "image/png", **headers: str) -> tuple[str, Any]:
    return name, ("a", b"PNG", media_type, {key.replace("_", "-"): value for key, value in headers.items()})


async def test_a_handler_sees_the_headers_of_a_file(parts: Served) -> None:
    sent = file(x_count="5", x_list="1, 2", x_json='{"a": 1}')
    answer = await parts.post("/parts", files=[sent])
    assert answer.status_code == 204, answer.text
    assert parts.given["body"].file.headers["x-count"] == "5"


@pytest.mark.parametrize(
    ("sent", "code", "words"),
    [
        (file(), "missing", "X-Count"),
        (file(x_count="10"), "less_than_equal", "X-Count"),
        (file(x_count="1", x_list="1,x"), "integer_type", "X-List"),
        (file(x_count="1", x_json="{"), "json_invalid", "X-Json"),
        (file(x_count="1", x_json="{}"), "missing", "X-Json"),
        (file(media_type="image/gif", x_count="1"), "content_type", "image/png, image/jpeg"),
        (file("files", "text/plain"), "content_type", "image/*"),
    ],
)
async def test_headers_and_media_types_of_parts_are_judged(
    parts: Served, sent: tuple[str, Any], code: str, words: str
) -> None:
    answer = await parts.post("/parts", files=[sent])
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert (error["pointer"].split("/")[1], error["code"]) == (sent[0], code)
    assert words in error["message"]


async def test_one_file_or_several_and_a_file_or_text(parts: Served) -> None:
    await parts.post("/parts", files=[file("one_or_more"), ("text_or_file", (None, "5"))])
    body = parts.given["body"]
    assert (await body.one_or_more.read(), body.text_or_file) == (b"PNG", 5)
    await parts.post("/parts", files=[file("one_or_more"), file("one_or_more"), file("text_or_file")])
    body = parts.given["body"]
    assert [await one.read() for one in (*body.one_or_more, body.text_or_file)] == [b"PNG"] * 3
    assert isinstance(body.text_or_file, Upload)


def multipart(kind: str, *bodies: str) -> dict[str, Any]:
    content = "".join(f"--x\r\n{body}\r\n" for body in bodies) + "--x--\r\n"
    return {"content": content.encode(), "headers": {"Content-Type": f"multipart/{kind}; boundary=x"}}


JSON = "Content-Type: application/json\r\n"


async def test_parts_without_names_are_a_list(parts: Served) -> None:
    answer = await parts.post("/mixed", **multipart("mixed", f'{JSON}\r\n{{"n": 1}}', f'{JSON}\r\n{{"n": 2}}'))
    assert answer.status_code == 204, answer.text
    assert [one.n for one in parts.given["body"]] == [1, 2]
    answer = await parts.post("/mixed", **multipart("mixed", f'{JSON}\r\n{{"n": 1}}', f'{JSON}\r\n{{"n": "x"}}'))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/1/n")
    answer = await parts.post("/mixed", **multipart("mixed", f"{JSON}\r\n{{"))
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/0")


async def test_related_parts_are_named_by_their_ids(parts: Served) -> None:
    root = f'{JSON}Content-ID: <root>\r\n\r\n{{"n": 1}}'
    image = "Content-Type: image/png\r\nContent-ID: <image>\r\n\r\nPNG"
    answer = await parts.post("/mixed", **multipart("related", root, image))
    assert answer.status_code == 204, answer.text
    assert (parts.given["body"].root.n, await parts.given["body"].image.read()) == (1, b"PNG")
    assert (await parts.post("/mixed", **multipart("related", image))).status_code == 422


@pytest.mark.parametrize(
    ("media", "found"),
    [
        ("form-data: {schema: {type: string}}", ["7:30 unsupported-media-type"]),
        ("mixed: {schema: {type: array, prefixItems: [{}]}}", ["7:26 unsupported-encoding"]),
        (
            "form-data: {schema: {properties: {a: {type: object}}}, encoding: {a: {contentType: a/b}}}",
            ["7:85 unsupported-encoding"],
        ),
        (
            "form-data: {schema: {properties: {a: {type: string}}}, encoding: {a: {style: deepObject}}}",
            ["7:85 unsupported-encoding"],
        ),
    ],
)
def test_parts_that_cannot_be_read_are_refused_when_generating(tmp_path: Path, media: str, found: list[str]) -> None:
    text = f"""
paths:
  /a:
    post:
      operationId: a
      requestBody: {{content: {{
        multipart/{media}
      }}}}
      responses: {{"204": {{description: ok}}}}
"""
    assert refused(tmp_path, text) == found
