"""Old and new for each rule about operations and what surrounds bodies."""

from tests.support.differences import operation, parameter

Cases = dict[str, tuple[str, str]]

_PLAIN = operation("")
_FUTURE = "deprecated: true\nx-sunset: '2999-01-01'\n"
_PAST = "deprecated: true\nx-sunset: '2020-01-01'\n"
_EMPTY = "paths: {}\n"
_Q = "{name: a, in: query, schema: {type: string}"
_LIST = "{name: a, in: query, schema: {type: array, items: {type: string}}"
_JSON = "{content: {application/json: {schema: {type: object}}}"
_HOOK = "webhooks: {ping: {post: {responses: {'200': {description: Fine}}}}}\n"
_CALLBACK = "callbacks: {done: {'{$request.body#/url}': {post: {responses: {'200': {description: Fine}}}}}}"


def _answers(text: str) -> str:
    return operation(f"responses: {{{text}}}")


def _header(text: str) -> str:
    return _answers(f"'200': {{description: Fine, headers: {{X-A: {{{text}}}}}}}")


def _content(text: str) -> str:
    return _answers(f"'200': {{description: Fine, content: {{{text}}}}}")


def _body(text: str) -> str:
    return operation(f"requestBody: {text}", "post")


def _takes(text: str) -> str:
    return _body(f"{{content: {{{text}}}}}")


def _links(text: str) -> str:
    return _answers(f"'200': {{description: Fine, links: {{{text}}}}}")


def _hook(request: str = "", responses: str = "'200': {description: Fine}", security: str = "") -> str:
    return f"webhooks: {{ping: {{post: {{{request}{security}responses: {{{responses}}}}}}}}}\n"


def _flows(text: str) -> str:
    schemes = f"components: {{securitySchemes: {{login: {{type: oauth2, flows: {{{text}}}}}}}}}"
    return operation("security: [{login: [read]}]", more=schemes)


def _scheme(text: str) -> str:
    return operation("security: [{key: []}]", more=f"components: {{securitySchemes: {{key: {{{text}}}}}}}")


def _secured(text: str) -> str:
    schemes = "components: {securitySchemes: {a: {type: http, scheme: bearer}, b: {type: http, scheme: basic}}}"
    return operation(f"security: {text}", more=schemes)


def _server(text: str) -> str:
    return operation(f"servers: [{text}]")


_URL = "https://{region}.example.com"
_FLOW = "clientCredentials: {tokenUrl: /token, scopes: {read: Read}}"

OPERATIONS: Cases = {
    "operation-added": (_EMPTY, _PLAIN),
    "operation-removed": (_PLAIN, _EMPTY),
    "operation-removed-before-sunset": (operation(_FUTURE), _EMPTY),
    "operation-removed-after-sunset": (operation(_PAST), _EMPTY),
    "operation-deprecated": (_PLAIN, operation("deprecated: true")),
    "operation-reactivated": (operation("deprecated: true"), _PLAIN),
    "operation-id-changed": (operation("operationId: a"), operation("operationId: b")),
    "operation-id-added": (_PLAIN, operation("operationId: b")),
    "operation-tags-changed": (operation("tags: [a]"), operation("tags: [b]")),
    "sunset-announced": (operation("deprecated: true"), operation(_FUTURE)),
    "sunset-earlier": (operation(_FUTURE), operation(_PAST)),
    "sunset-later": (operation(_PAST), operation(_FUTURE)),
    "sunset-withdrawn": (operation(_FUTURE), operation("deprecated: true")),
    "sunset-unreadable": (operation(_FUTURE), operation("deprecated: true\nx-sunset: soon\n")),
    "path-parameter-renamed": (
        operation("parameters: [{name: a, in: path, required: true, schema: {type: string}}]", path="/x/{a}"),
        operation("parameters: [{name: b, in: path, required: true, schema: {type: string}}]", path="/x/{b}"),
    ),
    "webhook-added": (_EMPTY, _HOOK),
    "webhook-removed": (_HOOK, "webhooks: {}"),
    "callback-added": (_PLAIN, operation(_CALLBACK)),
    "callback-removed": (operation(_CALLBACK), _PLAIN),
    "link-added": (_links(""), _links("next: {operationId: a}")),
    "link-removed": (_links("next: {operationId: a}"), _links("")),
    "link-changed": (_links("next: {operationId: a}"), _links("next: {operationId: b}")),
}

PARAMETERS: Cases = {
    "request-parameter-added": (_PLAIN, parameter(f"{_Q}}}")),
    "request-parameter-added-required": (_PLAIN, parameter(f"{_Q}, required: true}}")),
    "request-parameter-removed-refused": (
        operation(f"x-closed-query: true\nparameters: [{_Q}}}]"),
        operation("x-closed-query: true"),
    ),
    "request-parameter-removed-ignored": (parameter(f"{_Q}}}"), _PLAIN),
    "request-parameter-removed-after-sunset": (
        parameter(f"{_Q}, deprecated: true, x-sunset: '2020-01-01'}}"),
        _PLAIN,
    ),
    "request-parameter-moved": (
        parameter("{name: a, in: query, schema: {type: string}}"),
        parameter("{name: a, in: header, schema: {type: string}}"),
    ),
    "request-parameter-became-required": (parameter(f"{_Q}}}"), parameter(f"{_Q}, required: true}}")),
    "request-parameter-became-optional": (parameter(f"{_Q}, required: true}}"), parameter(f"{_Q}}}")),
    "request-parameter-style-changed": (parameter(f"{_LIST}}}"), parameter(f"{_LIST}, explode: false}}")),
    "request-parameter-content-changed": (
        parameter(f"{_Q}}}"),
        parameter("{name: a, in: query, content: {application/json: {schema: {type: string}}}}"),
    ),
    "request-parameter-empty-refused": (parameter(f"{_Q}, allowEmptyValue: true}}"), parameter(f"{_Q}}}")),
    "request-parameter-empty-allowed": (parameter(f"{_Q}}}"), parameter(f"{_Q}, allowEmptyValue: true}}")),
    "request-parameter-reserved-refused": (parameter(f"{_Q}, allowReserved: true}}"), parameter(f"{_Q}}}")),
    "request-parameter-reserved-allowed": (parameter(f"{_Q}}}"), parameter(f"{_Q}, allowReserved: true}}")),
    "parameter-deprecated": (parameter(f"{_Q}}}"), parameter(f"{_Q}, deprecated: true}}")),
    "parameter-reactivated": (parameter(f"{_Q}, deprecated: true}}"), parameter(f"{_Q}}}")),
    "missing-status-changed": (parameter(f"{_Q}, x-missing-status: 428}}"), parameter(f"{_Q}}}")),
}

_LIST_HEADER = "schema: {type: array, items: {type: object}}"

ANSWERS: Cases = {
    "response-header-added": (_answers("'200': {description: Fine}"), _header("schema: {type: string}")),
    "response-header-removed-required": (
        _header("required: true, schema: {type: string}"),
        _answers("'200': {description: Fine}"),
    ),
    "response-header-removed-optional": (_header("schema: {type: string}"), _answers("'200': {description: Fine}")),
    "response-header-became-required": (_header("schema: {}"), _header("required: true, schema: {}")),
    "response-header-became-optional": (_header("required: true, schema: {}"), _header("schema: {}")),
    "response-header-style-changed": (_header(_LIST_HEADER), _header(f"{_LIST_HEADER}, explode: true")),
    "response-header-content-changed": (
        _header("schema: {type: string}"),
        _header("content: {text/plain: {schema: {type: string}}}"),
    ),
    "response-body-added": (_answers("'200': {description: Fine}"), _content("application/json: {}")),
    "response-body-removed": (_content("application/json: {}"), _answers("'200': {description: Fine}")),
    "response-media-type-added": (_content("a/b: {}"), _content("a/b: {}, c/d: {}")),
    "response-media-type-removed": (_content("a/b: {}, c/d: {}"), _content("a/b: {}")),
    "response-media-type-narrowed": (_content("a/*: {}"), _content("a/b: {}")),
    "response-media-type-widened": (_content("a/b: {}"), _content("a/*: {}")),
    "response-encoding-changed": (
        _content("multipart/form-data: {encoding: {a: {contentType: image/png}}}"),
        _content("multipart/form-data: {encoding: {a: {contentType: image/gif}}}"),
    ),
    "response-status-added": (
        _answers("'200': {description: Fine}"),
        _answers("'200': {description: Fine}, '404': {description: None}"),
    ),
    "response-success-status-added": (
        _answers("'200': {description: Fine}"),
        _answers("'200': {description: Fine}, '202': {description: Later}"),
    ),
    "response-success-status-removed": (
        _answers("'200': {description: Fine}"),
        _answers("'201': {description: Fine}"),
    ),
    "response-status-removed": (
        _answers("'200': {description: Fine}, '404': {description: None}"),
        _answers("'200': {description: Fine}"),
    ),
    "response-status-widened": (_answers("'200': {description: Fine}"), _answers("2XX: {description: Fine}")),
    "response-status-narrowed": (_answers("2XX: {description: Fine}"), _answers("'200': {description: Fine}")),
}

BODIES: Cases = {
    "request-body-added": (operation("", "post"), _body(f"{_JSON}}}")),
    "request-body-added-required": (operation("", "post"), _body(f"{_JSON}, required: true}}")),
    "request-body-removed": (_body(f"{_JSON}}}"), operation("", "post")),
    "request-body-became-required": (_body(f"{_JSON}}}"), _body(f"{_JSON}, required: true}}")),
    "request-body-became-optional": (_body(f"{_JSON}, required: true}}"), _body(f"{_JSON}}}")),
    "request-media-type-added": (_takes("a/b: {}"), _takes("a/b: {}, c/d: {}")),
    "request-media-type-removed": (_takes("a/b: {}, c/d: {}"), _takes("a/b: {}")),
    "request-media-type-narrowed": (_takes("a/*: {}"), _takes("a/b: {}")),
    "request-media-type-widened": (_takes("a/b: {}"), _takes("a/*: {}")),
    "request-encoding-changed": (
        _takes("multipart/form-data: {encoding: {a: {contentType: image/png}}}"),
        _takes("multipart/form-data: {encoding: {a: {contentType: image/gif}}}"),
    ),
    "response-body-became-optional": (
        _hook(f"requestBody: {_JSON}, required: true}}, "),
        _hook(f"requestBody: {_JSON}}}, "),
    ),
    "response-body-became-required": (
        _hook(f"requestBody: {_JSON}}}, "),
        _hook(f"requestBody: {_JSON}, required: true}}, "),
    ),
    "request-status-added": (_hook(), _hook(responses="'200': {description: A}, '202': {description: B}")),
    "request-status-removed": (_hook(responses="'200': {description: A}, '202': {description: B}"), _hook()),
}

SECURITY: Cases = {
    "security-added": (_secured("[]"), _secured("[{a: []}]")),
    "security-narrowed": (_secured("[{a: []}, {b: []}]"), _secured("[{a: []}]")),
    "security-widened": (_secured("[{a: []}]"), _secured("[{a: []}, {b: []}]")),
    "security-removed": (_secured("[{a: []}]"), _secured("[]")),
    "scope-added": (_secured("[{a: [x]}]"), _secured("[{a: [x, y]}]")),
    "scope-removed": (_secured("[{a: [x, y]}]"), _secured("[{a: [x]}]")),
    "webhook-security-changed": (_hook(security="security: [{a: []}], "), _hook(security="security: [{b: []}], ")),
    "security-scheme-changed": (_scheme("type: http, scheme: basic"), _scheme("type: http, scheme: bearer")),
    "security-scheme-removed": (_scheme("type: http, scheme: basic"), _PLAIN),
    "security-scheme-added": (_PLAIN, _scheme("type: http, scheme: basic")),
    "security-scheme-note-changed": (
        _scheme("type: http, scheme: bearer, bearerFormat: JWT"),
        _scheme("type: http, scheme: bearer, bearerFormat: opaque"),
    ),
    "security-flow-removed": (_flows(_FLOW), _flows("")),
    "security-flow-added": (_flows(""), _flows(_FLOW)),
    "security-flow-url-changed": (_flows(_FLOW), _flows(_FLOW.replace("/token", "/tokens"))),
    "security-scope-withdrawn": (_flows(_FLOW), _flows(_FLOW.replace("{read: Read}", "{}"))),
    "security-scope-offered": (_flows(_FLOW.replace("{read: Read}", "{}")), _flows(_FLOW)),
}

SURROUNDINGS: Cases = {
    "server-added": (_server("{url: /a}"), _server("{url: /a}, {url: /b}")),
    "server-removed": (_server("{url: /a}, {url: /b}"), _server("{url: /a}")),
    "server-order-changed": (_server("{url: /a}, {url: /b}"), _server("{url: /b}, {url: /a}")),
    "server-variable-changed": (
        _server(f"{{url: '{_URL}', variables: {{region: {{default: eu}}}}}}"),
        _server(f"{{url: '{_URL}', variables: {{region: {{default: us}}}}}}"),
    ),
    "server-variable-value-removed": (
        _server(f"{{url: '{_URL}', variables: {{region: {{default: eu, enum: [eu, us]}}}}}}"),
        _server(f"{{url: '{_URL}', variables: {{region: {{default: eu, enum: [eu]}}}}}}"),
    ),
    "server-variable-value-added": (
        _server(f"{{url: '{_URL}', variables: {{region: {{default: eu, enum: [eu]}}}}}}"),
        _server(f"{{url: '{_URL}', variables: {{region: {{default: eu, enum: [eu, us]}}}}}}"),
    ),
    "query-closed": (_PLAIN, operation("x-closed-query: true")),
    "query-opened": (operation("x-closed-query: true"), _PLAIN),
    "body-limit-lowered": (operation("x-max-body-bytes: 9"), operation("x-max-body-bytes: 8")),
    "body-limit-raised": (operation("x-max-body-bytes: 9"), _PLAIN),
    "rate-limit-tightened": (
        operation("x-rate-limit: {requests: 9, per: minute, by: address}"),
        operation("x-rate-limit: {requests: 9, per: hour, by: address}"),
    ),
    "rate-limit-loosened": (
        operation("x-rate-limit: {requests: 9, per: minute, by: address}"),
        operation("x-rate-limit: {requests: 10, per: minute, by: address}"),
    ),
    "timeout-lowered": (_PLAIN, operation("x-timeout: 3")),
    "timeout-raised": (operation("x-timeout: 3"), operation("x-timeout: 4")),
    "idempotency-removed": (operation("x-idempotency: true"), _PLAIN),
    "idempotency-added": (_PLAIN, operation("x-idempotency: true")),
}

OPERATION_CASES: Cases = {**OPERATIONS, **PARAMETERS, **ANSWERS, **BODIES, **SECURITY, **SURROUNDINGS}
