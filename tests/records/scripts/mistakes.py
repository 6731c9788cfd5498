"""Bad and odd fixtures, by name: the files of each, as YAML."""

# ruff: noqa: E501 - a fixture a line

from records.build import KEYS

_HEADS = {
    "o": "omniomni:\n  token: {algorithm: ES256}\n  clients:\n    - ",
    "n": "nbcgate:\n  token: {secret: a-secret-of-thirty-two-bytes-or-more}\n  users:\n    - ",
    "v": "vault:\n  token: {algorithm: ES256}\n  clients: [{client_id: app}]\n  users:\n    - ",
}
_NBC = "nbcgate:\n  token: {secret: a-secret-of-thirty-two-bytes-or-more}\n  "
_VAULT = "vault:\n  token: {algorithm: ES256}\n  "

_WHOLE = {
    "empty": "",
    "comment": "# nothing\n",
    "null": "null\n",
    "list": "- a\n- b\n",
    "text": "text\n",
    "number": "7\n",
    "unknown_key": "vualt: {}\nomniomi: 1\nx: y\n",
    "unknown_keys_deep": "vault:\n  tokens: {}\n  user: []\n  clients:\n    - client_ids: x\n",
    "not_yaml": "vault: {\n",
    "tab": "vault:\n\tusers: []\n",
    "bad_indent": "vault:\n  users: []\n users: []\n",
    "two_documents": "seed: 1\n---\nseed: 2\n",
    "twice": "seed: 1\nseed: 2\nvault: {clients: [], clients: []}\n",
    "tag": "seed: !!int '7'\nclock: !x y\nvault: !!map {}\nomniomni: !y {}\n",
    "anchors": "x: &a {client_id: app}\nvault: {clients: [*a, *a]}\n",
    "merge": "vault:\n  token: {algorithm: ES256}\n  clients:\n    - &c {client_id: a}\n    - {<<: *c, client_id: b}\n",
    "bad_merge": "vault:\n  <<: 7\n",
    "bad_alias": "vault: *nothing\n",
    "bomb": "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: [*d,*d,*d,*d]\n",
    "deep": "seed: " + "[" * 300 + "]" * 300 + "\n",
    "key_is_a_list": "? [a, b]\n: 1\n",
    "not_utf8": "seed: \udcff\n",
    "bom": "\ufeffseed: 7\n",
    "seed_text": "seed: seven\n",
    "seed_digits": "seed: '7'\n",
    "seed_float": "seed: 1.5\n",
    "seed_negative": "seed: -1\n",
    "seed_true": "seed: true\n",
    "seed_list": "seed: [7]\n",
    "clock_text": "clock: yesterday\n",
    "clock_date": "clock: 2026-01-01\n",
    "clock_naive": "clock: 2026-01-01T00:00:00\n",
    "clock_number": "clock: 1767225600\n",
    "clock_early": "clock: 1970-01-01T00:00:00Z\n",
    "clock_keys": "clock: {now: x, advnace: 1h, frozen: maybe}\n",
    "clock_advance": "clock: {advance: 36}\n",
    "clock_too_far": "clock: {now: 9000-12-31T00:00:00Z, advance: 3d}\n",
    "clock_list": "clock: [2026]\n",
    "clock_null": "clock:\n",
    "show_passwords": "show_passwords: yes\n",
    "sections_null": "omniomni:\nnbcgate:\nvault:\n",
    "sections_list": "omniomni: []\nnbcgate: x\nvault: 7\n",
    "nbcgate_empty": "nbcgate: {}\n",
    "vault_empty": "vault: {}\nomniomni: {}\n",
    "env_absent": "omniomni:\n  token: {issuer: '${RECORDS_ABSENT}'}\n",
    "env_default": "omniomni:\n  token: {issuer: '${RECORDS_ABSENT:-x}', algorithm: ES256}\n",
    "env_form": "omniomni:\n  token: {issuer: '${1x}', algorithm: '${A'}\n",
    "env_unquoted": "omniomni: {token: {issuer: ${RECORDS_ABSENT}}}\n",
    "env_escape": "omniomni:\n  token: {issuer: '$${x}', algorithm: ES256}\n",
    "env_key": "'${RECORDS_ABSENT}': 1\n",
    "scalars": "omniomni:\n  token: {issuer: 0o17, algorithm: ES256, audience: NO, key_id: 1e3}\n",
}
_TOKENS = (
    "{algorithm: RS257}",
    "{algorithm: none}",
    "{algorithm: es256}",
    "{algorithm: 256}",
    "{algorithm: }",
    "{algorithm: HS256}",
    "{algorithm: HS256, secret: short}",
    "{algorithm: HS512, secret: a-secret-of-thirty-two-bytes-or-more}",
    "{algorithm: ES256, secret: a-secret-of-thirty-two-bytes-or-more}",
    "{algorithm: HS256, private_key_file: '@keys/rsa.pem'}",
    "{private_key_file: missing.pem}",
    "{private_key_file: '@keys/rsa.pub'}",
    "{private_key_file: '@keys/p256.pem'}",
    "{algorithm: ES384, private_key_file: '@keys/p256.pem'}",
    "{algorithm: EdDSA, private_key_file: '@keys/rsa.pem'}",
    "{private_key_file: fixture.yaml}",
    "{private_key_file: 7}",
    "{private_key_file: ''}",
    "{private_key_file: .}",
    "{lifetime: 0s}",
    "{lifetime: 1500ms}",
    "{lifetime: 60}",
    "{lifetime: 1h30m}",
    "{lifetime: -1h}",
    "{lifetime: 99999d}",
    "{refresh_lifetime: 1h}",
    "{refresh_lifetime: x}",
    "{issuer: }",
    "{issuer: ''}",
    "{issuer: 7}",
    "{audience: []}",
    "{audience: [1]}",
    "{audience: ''}",
    "{audience: {a: 1}}",
    "{scopes: read}",
    "{scopes: ['a b']}",
    "{scopes: [1, '', null]}",
    "{claims: [a]}",
    "{claims: {iat: 1, exp: 2, jti: x}}",
    "{claims: {a: .nan, b: 99999999999999999999999}}",
    "{headers: {alg: x, kid: y}}",
    "{headers: {crit: [b64], b64: false}}",
    "{headers: 7}",
    "{key_id: ''}",
    "{key_id: 7}",
    "{lifetme: 1h, isuer: x}",
    "[]",
    "x",
    "{secret: }",
    "{secret: 12345678901234567890123456789012}",
)
_ENTRIES = {
    "o": (
        "{}",
        "x",
        "7",
        "{client_id: }",
        "{client_id: ''}",
        "{client_id: 7}",
        "{client_id: a, status: loked}",
        "{client_id: a, status: signed_in}",
        "{client_id: a, status: path_unknown}",
        "{client_id: a, signature: always}",
        "{client_id: a, signature: required}",
        "{client_id: a, public_key_file: missing.pub}",
        "{client_id: a, public_key_file: '@keys/rsa.pem'}",
        "{client_id: a, public_key: x}",
        "{client_id: a, public_key_file: '@keys/rsa.pub', public_key: x}",
        "{client_id: a, public_key: {kty: RSA}}",
        "{client_id: a}\n    - {client_id: a}\n    - {client_id: b}\n    - {client_id: a}",
        "{client_id: a, scopes: b}",
        "{client_id: a, password: x}",
        "{clientId: a}",
        "{client_id: a, refresh_lifetime: 1h}",
        "{client_id: a, claims: {sub: }, headers: {typ: }}",
        "{client_id: a, lifetime: 0s, status: x, scopes: [' ']}",
    ),
    "n": (
        "{email: a@x}",
        "{password: correct-horse}",
        "{email: a, password: correct-horse}",
        "{email: a@x, password: short}",
        "{email: a@x, password: 12345678}",
        "{email: a@x, password: correct-horse, otp: {}}",
        "{email: a@x, password: correct-horse, otp: {code: 123456}}",
        "{email: a@x, password: correct-horse, otp: '123456'}",
        "{email: a@x, password: correct-horse, otp: {code: '1', totp: AAAA}}",
        "{email: a@x, password: correct-horse, otp: {mailed: true}}",
        "{email: a@x, password: correct-horse, otp: {mailed: false}}",
        "{email: a@x, password: correct-horse, otp: {totp: JBSWY3DPEHPK3PXP}}",
        "{email: a@x, password: correct-horse, otp: {totp: '1'}}",
        "{email: a@x, password: correct-horse, otp: {totp: A}}",
        "{email: a@x, password: correct-horse, otp: {totp: 234567}}",
        "{email: a@x, password: correct-horse, otp: {totp: ''}}",
        "{email: a@x, password: correct-horse, status: otp_mailed}",
        "{email: '@', password: correct-horse}",
        "{email: a@x, password: correct-horse, user_id: 7}",
        "{email: a@x, pasword: correct-horse}",
    ),
    "v": (
        "{username: a@x}",
        "{username: a@x, password: short}",
        "{username: a@x, password: alllowercase}",
        "{username: a@x, password: 'A9#bL8@z', user_id: 7}",
        "{username: a@x, password: 'A9#bL8@z', refresh_lifetime: 0s}",
        "{username: a@x, password: }",
        "{username: a@x, password: '${RECORDS_ABSENT}'}",
        "{username: a@x, password: 'A9#bL8@z', otp: {code: '1'}}",
        "{username: a@x, password: aA1#aA1#aA1#aA1#aA1#aA1#aA1#aA1#x}",
        "{username: a@x, password: 'A9#bL8@z'}\n    - {username: a@x, password: 'A9#bL8@z'}",
        "[a]",
        "null",
    ),
}
_NBCGATE = (
    "token_response: text",
    "token_response: 1",
    "sign_in_with: otp",
    "assumed_endpoints: 'true'",
    "mailed_codes: {digits: 3}",
    "mailed_codes: {digits: 13, lifetime: 0s, resend_after: -1s, attempts: 0}",
    "mailed_codes: {digit: 6}",
    "mailed_codes: []",
    "users: {}",
    "users: x",
    "users_file: missing.jsonl",
    "users_file: fixture.yaml",
    "clients: []",
)
_VAULTS = (
    "refresh: {rotate: maybe}",
    "refresh: {reuse: forbid}",
    "refresh: {grace: -1s}",
    "refresh: {grace: 5}",
    "refresh: []",
    "refresh: {rotat: true}",
    "clients: [app]",
    "clients: [{client_id: a}, {client_id: a}]",
    "clients: [{client_id: a, scopes: [b]}]",
    "clients: [{client_id: a, status: server_eror}]",
    "users: [{username: a@x, password: 'A9#bL8@z'}]",
)
_OUTCOMES = (
    "{wrong_pasword: {}}",
    "{wrong_credentials: {status: 99}}",
    "{wrong_credentials: {status: '400'}}",
    "{wrong_credentials: {body: '{{nope}}'}}",
    "{wrong_credentials: {body: {a: ['{{reasn}}']}}}",
    "{wrong_credentials: {headers: {X: '{{expired_at}}'}}}",
    "{wrong_credentials: {headers: {Content-Length: '1'}}}",
    "{wrong_credentials: {headers: {'a b': x}}}",
    "{wrong_credentials: {headers: {X: 7}}}",
    "{wrong_credentials: {headers: []}}",
    "{signed_in: {body: '{{answer.acces_token}}'}}",
    "{signed_in: {body: '{{answer.access_token}}'}}",
    "{signed_in: {status: 204, body: x}}",
    "{signed_in: {bdoy: x}}",
    "[]",
    "{signed_in: 7}",
    "{7: {}}",
    "{signed_in: }",
    "{logged_out: {body: '{{answer}}'}}",
    "{invalid_request: {body: '{{errors.0}}'}}",
)
_RESOURCES = (
    "{}",
    "{vendor: vault, path: /x}",
    "{vendor: valt, path: /x, respond: {}}",
    "{path: /x, respond: {}}",
    "{vendor: vault, respond: {}}",
    "{vendor: vault, path: x, respond: {}}",
    "{vendor: vault, path: /, respond: {}}",
    "{vendor: vault, path: '/a/{id', respond: {}}",
    "{vendor: vault, path: '/a/{id}/{id}', respond: {}}",
    "{vendor: vault, path: '/a/**/b', respond: {}}",
    "{vendor: vault, path: '/{principal}', respond: {}}",
    "{vendor: vault, path: /_emulator/x, respond: {}}",
    "{vendor: vault, path: /realms, respond: {}}",
    "{vendor: vault, path: /docs, respond: {}}",
    "{vendor: vault, path: /a/../b, respond: {}}",
    "{vendor: vault, path: /x, method: get, respond: {}}",
    "{vendor: vault, path: /x, method: HEAD, respond: {}}",
    "{vendor: vault, path: /x, respond: {}, forward_to: 'http://x'}",
    "{vendor: vault, path: /x, forward_to: x}",
    "{vendor: vault, path: /x, forward_to: 'ftp://x'}",
    "{vendor: vault, path: /x, forward_to: 'http://a:b@x'}",
    "{vendor: vault, path: /x, forward_to: 'http://x?y'}",
    "{vendor: vault, path: /x, forward_to: 'http://x:99999'}",
    "{vendor: vault, path: /x, scopes: a, respond: {}}",
    "{vendor: vault, path: /x, respond: {status: 100}}",
    "{vendor: vault, path: /x, respond: {status: 204, body: x}}",
    "{vendor: vault, path: '/x/{id}', respond: {body: '{{ident}}'}}",
    "{vendor: vault, path: /x, respond: {headers: {Date: x}}}",
    "{vendor: vault, path: /x, respond: {bodi: x}}",
    "{vendor: vault, path: /reg/auth/token, method: POST, respond: {}}",
    "{vendor: nbcgate, path: '/auth/**', method: '*', respond: {}}",
    "x",
    "{vendor: vault, path: /x%20y, respond: {}}",
    "{vendor: vault, path: '/x y', respond: {}}",
    "{vendor: vault, path: //x, respond: {}}",
)
_FAULTS = (
    "{}",
    "{vendor: valt, delay: 1s}",
    "{operation: signin, delay: 1s}",
    "{vendor: omniomni, operation: refresh, delay: 1s}",
    "{outcome: server_eror}",
    "{outcome: signed_in}",
    "{outcome: server_error, respond: {}}",
    "{connection: rest}",
    "{token: {defect: expird}}",
    "{token: {defect: expired}, phase: before}",
    "{token: {defect: expired}, operation: jwks}",
    "{vendor: nbcgate, token: {defect: unknown_kid}}",
    "{delay: {min: 2s, max: 1s}}",
    "{delay: 5}",
    "{delay: 1s, times: 0}",
    "{delay: 1s, after: -1}",
    "{delay: 1s, probability: 1.5}",
    "{delay: 1s, ttl: 0s}",
    "{delay: 1s, match: {a: 1}}",
    "{delay: 1s, match: x}",
    "{respond: {body: '{{answer}}'}}",
    "{respond: {status: 1}}",
    "{dealy: 1s}",
    "x",
    "{delay: 1s, phase: x}",
)
_FOLDERS = {
    "folder_merged": {
        "a.yaml": "seed: 7\nvault:\n  token: {algorithm: ES256}\n  clients: [{client_id: a}]\n",
        "b.yml": "vault:\n  clients: [{client_id: b}]\n",
    },
    "folder_twice": {
        "a.yaml": "seed: 7\nvault: {clients: [{client_id: a}]}\n",
        "b.yaml": "seed: 8\nvault: {clients: [{client_id: a}, {x: 1}]}\n",
    },
    "folder_kinds": {
        "a.yaml": "vault: {}\n",
        "b.yaml": "vault: []\n",
        ".hidden.yaml": "x: 1\n",
        "c.txt": "x: 1\n",
    },
    "folder_syntax": {"a.yaml": "vault: {\n", "b.yaml": "x: 1\n"},
}


def fixtures() -> dict[str, dict[str, str]]:
    """The files of each fixture, by its name."""
    found = {f"whole_{name}": {"fixture.yaml": text} for name, text in _WHOLE.items()}
    texts: dict[str, str] = {}
    for number, token in enumerate(_TOKENS):
        texts[f"token_{number:02}"] = f"omniomni:\n  token: {token}\n"
        if "secret" in token or "refresh" in token or "algorithm: HS" in token:
            texts[f"token_{number:02}_vault"] = f"vault:\n  token: {token}\n"
            texts[f"token_{number:02}_nbcgate"] = f"nbcgate:\n  token: {token}\n"
    for vendor, entries in _ENTRIES.items():
        texts |= {
            f"entry_{vendor}_{n:02}": f"{_HEADS[vendor]}{entry}\n"
            for n, entry in enumerate(entries)
        }
    texts |= {f"nbcgate_{n:02}": f"{_NBC}{text}\n" for n, text in enumerate(_NBCGATE)}
    texts |= {f"vault_{n:02}": f"{_VAULT}{text}\n" for n, text in enumerate(_VAULTS)}
    texts |= {f"outcomes_{n:02}": f"{_VAULT}outcomes: {text}\n" for n, text in enumerate(_OUTCOMES)}
    texts |= {f"resources_{n:02}": f"resources:\n  - {text}\n" for n, text in enumerate(_RESOURCES)}
    texts |= {f"faults_{n:02}": f"faults:\n  - {text}\n" for n, text in enumerate(_FAULTS)}
    for name, text in texts.items():
        # RS256 without a file would have a key made: it costs time, and is not asked for here.
        found[name] = {"fixture.yaml": text}
    return found | _FOLDERS | _with_users_files() | _with_key_files()


def _with_users_files() -> dict[str, dict[str, str]]:
    """Fixtures that name a file of users, which stands beside them in the folder."""
    head = f"{_VAULT}clients: [{{client_id: app}}]\n  users_file: users.jsonl\n"
    users = {
        "good": '{"username": "a@x", "password": "A9#bL8@z"}\n\n{"username": "b@x", "password": "A9#bL8@z"}\n',
        "bad": '{"username": "a@x"}\n[]\n{\n{"username": "a@x", "password": 7, "x": 1}\n',
        "twice": '{"username": "a@x", "password": "A9#bL8@z"}\n{"username": "a@x", "password": "A9#bL8@z"}\n',
        "odd": '{"username": "a@x", "password": "short"}\n{"username": "${X}", "username": "c@x", "password": "A9#bL8@z"}\n',
        "empty": "",
        "not_utf8": '{"username": "\udcff", "password": "A9#bL8@z"}\n',
    }
    return {
        f"users_file_{name}": {"fixture.yaml": head, "users.jsonl": text}
        for name, text in users.items()
    }


def _with_key_files() -> dict[str, dict[str, str]]:
    """Fixtures that name a file that holds no key, or not the right one."""
    names = {
        "private": "omniomni:\n  token: {private_key_file: key}\n",
        "public": "omniomni:\n  token: {algorithm: ES256}\n  clients: [{client_id: a, public_key_file: key}]\n",
    }
    pem = (KEYS / "rsa.pem").read_text()
    keys = {
        "empty": "",
        "text": "no key",
        "cut": pem[:200],
        "certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "private_pem": pem,
        "public_pem": (KEYS / "rsa.pub").read_text(),
        "private_jwk": (KEYS / "rsa-2.jwk").read_text(),
        "public_jwk": (KEYS / "rsa-2.pub.jwk").read_text(),
        "ec_jwk": (KEYS / "p256.jwk").read_text(),
        "bad_jwk": '{"kty": "RSA", "n": "AA"}',
        "oct_jwk": '{"kty": "oct", "k": "AA"}',
        "json_list": "[1]",
        "bad_json": '{"kty": ',
        "large": "x" * 20_000,
    }
    return {
        f"key_{use}_{name}": {"fixture.yaml": text, "key": key}
        for use, text in names.items()
        for name, key in keys.items()
    }
