//! Mistakes in the document, each of which has to be found.

use crate::comparison::problems;
use crate::{OPENAPI, answers};

/// A mistake: what is written, what is written instead, and what is then said of it.
type Mistake = (&'static str, &'static str, &'static str);

const WHOLE: &[Mistake] = &[
    ("version: 0.1.0\n  summary", "version: 0.1.1\n  summary", "the version is 0.1.0"),
    ("  /health:\n", "  /healthz:\n", "GET /health is not described"),
    ("  /health:\n", "  /healthz:\n", "there is no GET /healthz"),
    ("  /api/status:\n    post:", "  /api/status:\n    put:", "there is no PUT /api/status"),
    ("  schemas:\n", "  schemas:\n    Old:\n      type: string\n", "nothing refers to schemas/Old"),
    ("  /api/consume:\n", "  /api/consumption:\n", "POST /api/consume is not described"),
    ("  /api/trial:\n", "  /api/trials:\n", "POST /api/trial is not described"),
    ("  /api/recharge:\n", "  /api/top-up:\n", "POST /api/recharge is not described"),
    ("  /api/keys:\n", "  /api/key:\n", "GET /api/keys is not described"),
    ("  /api/release:\n", "  /api/releases:\n", "POST /api/release is not described"),
    ("  /api/apps/{name}:\n", "  /api/app/{name}:\n", "GET /api/apps/{name} is not described"),
    ("responses/Healthy\"", "responses/Well\"", "GET /api/health: 200"),
];

const REQUESTS: &[Mistake] = &[
    ("required: [code, machine_code]", "required: [code]", "the member machine_code is read in another way"),
    (
        "required: [code]\n",
        "required: [code, machine_code]\n",
        "the member machine_code is read in another way",
    ),
    (
        "type: [string, \"null\"]\n      maxLength: 32\n      pattern: '^ ",
        "type: string\n      maxLength: 32\n      pattern: '^ ",
        "null, None",
    ),
    (
        "maxLength: 128\n      pattern: '\\S'",
        "maxLength: 64\n      pattern: '\\S'",
        "machine_code is read in another way",
    ),
    (
        "maxLength: 128\n      pattern",
        "maxLength: 256\n      pattern",
        "code is read in another way: maxLength",
    ),
    ("minLength: 1\n      maxLength: 128\n      pattern", "maxLength: 128\n      pattern", "minLength"),
    ("        code:\n          $ref", "        card:\n          $ref", "the member code is not described"),
    ("        code:\n          $ref", "        card:\n          $ref", "no member card is read"),
    (
        "example: { code: VIP-DEMO123456 }",
        "example: { card: VIP-DEMO123456 }",
        "is refused as missing_fields",
    ),
    ("- name: machine_code", "- name: machine", "the query parameter machine_code is lacking"),
    ("- name: machine_code", "- name: machine", "no query parameter machine is read"),
    (
        "- name: app\n          in: query",
        "- name: a\n          in: query",
        "the query parameter app is lacking",
    ),
    ("- name: app_mark\n", "- name: mark\n", "no query parameter mark is read"),
    ("          example: demo\n", "          example: My Demo\n", "the example of the app is none"),
    (
        "        app_mark:\n          type: [",
        "        mark:\n          type: [",
        "the member app_mark is not described",
    ),
    (
        "maxLength: 32\n      pattern: '^([vV]",
        "maxLength: 31\n      pattern: '^([vV]",
        "version is read in another way: maxLength",
    ),
    (
        "maxLength: 64\n          description: |\n            The `app_mark` of the answer",
        "maxLength: 65\n          description: |\n            The `app_mark` of the answer",
        "app_mark is read in another way: maxLength",
    ),
    (
        "minimum: 1\n          maximum",
        "minimum: 2\n          maximum",
        "amount is read in another way: minimum",
    ),
    ("required: [machine_code]", "required: []", "the member machine_code is read in another way: required"),
    ("maximum: 1000000000", "maximum: 1000000001", "amount is read in another way: maximum"),
    (
        "amount:\n          type: integer",
        "amount:\n          type: string",
        "amount is read in another way: type",
    ),
    (
        "machine_code, amount, request_id]",
        "machine_code, amount]",
        "request_id is read in another way: required",
    ),
    ("required: [code, with]", "required: [code]", "with is read in another way: required"),
    ("        with:\n          $ref", "        other:\n          $ref", "the member with is not described"),
    ("        nonce:\n", "        once:\n", "the member nonce is not described"),
    ("      name: nonce\n", "      name: once\n", "the query parameter nonce is lacking"),
    ("        minLength: 16\n", "        minLength: 8\n", "GET /api/keys: a nonce has 16 to 64 characters"),
    (
        "      maxLength: 64\n      pattern",
        "      maxLength: 65\n      pattern",
        "POST /api/trial: a nonce has",
    ),
    (
        "type: [string, \"null\"]\n      minLength: 16",
        "type: string\n      minLength: 16",
        "the member nonce may be left out",
    ),
    ("name: X-Request-Id\n", "name: X-Id\n", "the header parameter X-Request-Id is lacking"),
    ("required: true\n          description", "description", "is required only in a path"),
    ("value: zh-Hans", "value: zh", "the languages are"),
    ("        en:\n          value: en\n", "", "the languages are"),
];

const ANSWERS: &[Mistake] = &[
    ("        \"403\":\n", "        \"402\":\n", "POST /api/validate answers 403, which is not described"),
    ("        \"403\":\n", "        \"402\":\n", "POST /api/validate never answers 402"),
    (
        "        \"503\":\n          $ref: \"#/components/responses/Unhealthy\"\n",
        "",
        "GET /api/health answers 503, which is not described",
    ),
    ("            full_code:\n", "            code:\n", "has full_code, which the document does not know"),
    ("            full_code:\n", "            code:\n", "CardStatus.data.code is never string"),
    ("[full_code, status,", "[status,", "CardStatus.data.full_code is never absent"),
    (
        "machine_code]\n          properties",
        "machine_code, remaining_hours]\n          properties",
        "lacks remaining_hours",
    ),
    ("enum: [unused, active,", "enum: [active,", "CardStatus.data.status may not be \"unused\""),
    ("enum: [unused, active,", "enum: [unused, sold, active,", "CardStatus.data.status is never \"sold\""),
    (
        "expire_at:\n          type: [string, \"null\"]",
        "expire_at:\n          type: string",
        "Admitted.expire_at is null",
    ),
    (
        "created_at:\n              type: string",
        "created_at:\n              type: [string, \"null\"]",
        "CardStatus.data.created_at is never null",
    ),
    (
        "type: string\n          format: date-time",
        "type: integer",
        "Admitted.lease_until is string, not integer",
    ),
    ("const: kamisystem", "const: kami", "Health.service is \"kamisystem\", not \"kami\""),
    (
        "required: [status, message, expire_at",
        "requires: [status, message, expire_at",
        "nobody looks at requires",
    ),
    ("            - card_disabled\n", "", "Error.reason may not be \"card_disabled\""),
    (
        "            - internal\n",
        "            - internal\n            - broken\n",
        "Error.reason is never \"broken\"",
    ),
    ("            - app_not_found\n", "", "Error.reason may not be \"app_not_found\""),
    ("version, app_mark, amount", "version, amount", "Error.field may not be \"app_mark\""),
    ("[code, machine_code, app, version", "[machine_code, app, version", "Error.field may not be \"code\""),
    ("version, app_mark, amount", "version, app_mark, mark, amount", "Error.field is never \"mark\""),
    ("            - trial_not_offered\n", "", "Error.reason may not be \"trial_not_offered\""),
    ("[status, code, expire_at,", "[status, code, points, expire_at,", "Trial lacks points"),
    ("minLength: 22", "minLength: 23", "Trial.code is \"TRIAL-"),
    ("responses/TooManyTrials", "responses/TooMany", "POST /api/trial: 429"),
    ("            - recharge_used\n", "", "Error.reason may not be \"recharge_used\""),
    ("request_id, with, nonce, device]", "request_id, nonce, device]", "Error.field may not be \"with\""),
    ("request_id, with, nonce, device]", "request_id, with, device]", "Error.field may not be \"nonce\""),
    ("        proof:\n", "        seal:\n", "Admitted has proof, which the document does not know"),
    (
        "required: [status, message, expire_at, remaining_hours]",
        "required: [status, message, expire_at, remaining_hours, proof]",
        "Admitted lacks proof",
    ),
    ("format: jws\n      maxLength", "format: base64url\n      maxLength", "Proof is \"eyJ"),
    ("            required: [crv, kty,", "            required: [crv, kty, k,", "KeySet.keys[] lacks k"),
    ("                const: sig", "                const: enc", "KeySet.keys[].use is \"sig\", not \"enc\""),
    (
        "            properties:\n              crv:",
        "            properties:\n              curve:",
        "KeySet.keys[] has crv, which the document does not know",
    ),
    ("required: [status, expire_at]", "required: [status, expire_at, points]", "lacks points"),
    ("request_id, with, nonce, device]", "request_id, with, nonce]", "Error.field may not be \"device\""),
    ("            - device_mismatch\n", "", "Error.reason may not be \"device_mismatch\""),
    (
        "      name: Kami-Device\n",
        "      name: Kami-Machine\n",
        "the header parameter Kami-Device is lacking",
    ),
    ("            - points_exhausted\n", "", "Error.reason may not be \"points_exhausted\""),
    ("[status, points, expire_at]", "[status, expire_at]", "Consumed.points is never absent"),
    ("    Points:\n      type: integer", "    Points:\n      type: string", "Points is integer, not string"),
    ("      required: [status]\n", "      required: [status, released]\n", "lacks released"),
    (
        "released:\n          type: boolean",
        "released:\n          type: string",
        "Released.released is boolean",
    ),
    (
        "            points:\n              type: integer",
        "            points:\n              type: string",
        "Unbound.cost.points is integer",
    ),
    ("          type: [integer, \"null\"]", "          type: integer", "Unbound.remaining_unbinds is null"),
    (
        "      required: false\n      schema:",
        "      schema:",
        "POST /api/unbind: 403 has the header retry-after 0 times",
    ),
    (
        "          description: The methods that the path has.\n",
        "          description: The methods that the path has.\n          required: false\n",
        "the header allow is never absent",
    ),
    (
        "            seats_taken:\n",
        "            taken:\n",
        "has seats_taken, which the document does not know",
    ),
    ("            seats_taken:\n", "            taken:\n", "CardStatus.data.taken is never integer"),
    ("    Value:\n      type: string", "    Value:\n      type: integer", "Value is string, not integer"),
    ("    Value:\n      type: string", "    Value:\n      type: [string, \"null\"]", "Value is never null"),
    (
        "      additionalProperties:\n",
        "      properties:\n",
        "has greeting, which the document does not know",
    ),
    ("required: [name, title]", "required: [name, title, url]", "lacks url"),
    (
        "        Retry-After:\n          $ref: \"#/components/headers/RetryAfter\"\n        X-R",
        "        X-R",
        "has the header retry-after, which is not described",
    ),
    ("        Allow:\n", "        Allowed:\n", "has the header allow, which is not described"),
    ("        Allow:\n", "        Allowed:\n", "has the header allowed 0 times"),
    (
        "        type: integer\n        minimum: 1",
        "        type: integer\n        minimum: 60",
        "the header retry-after is",
    ),
    (
        "        maxLength: 128\n      example: 5f3c",
        "        maxLength: 8\n      example: 5f3c",
        "the header x-request-id is",
    ),
    (
        "      content:\n        application/json:",
        "      content:\n        text/json:",
        "described as [\"text/json\"]",
    ),
];

const EXAMPLES: &[Mistake] = &[
    ("message: 卡密已过期", "message: 卡密过期", "the example card_expired is never answered"),
    ("message: 卡密已过期", "message: 卡密过期", "no example is 卡密已过期 (zh-Hans)"),
    ("message: The card has expired", "message: Expired", "the example card_expired.en is never answered"),
    ("card_expired.en:", "card_expired.fr:", "the example card_expired.fr is never answered"),
    (
        "reason: not_found, message: 接口不存在",
        "reason: internal, message: 接口不存在",
        "*: 404: the example not_found",
    ),
    (
        "value: { status: success, app_mark: \"59ee",
        "value: { status: success, app_mark: \"58ee",
        "GET /api/apps/{name}: 200: the example known_already is never answered",
    ),
    (
        "message: The version is malformed, field: version",
        "message: The version is malformed",
        "the example invalid_version.en is never answered",
    ),
    (
        "        url: https://example.com/demo\n        minimum: \"2.0\"",
        "        minimum: \"2.0\"",
        "the example version_too_old is never answered",
    ),
    ("machine_code: PC-3****", "machine_code: PC-3F****", "200: the example card is never answered"),
    ("                  seats: 3\n", "", "the example of_several_seats is never answered"),
    (
        "value: { status: success, points: 99, expire_at: null }",
        "value: { status: success }",
        "200: the example never_expires",
    ),
    (
        "message: nonce须为16至64个字母、数字、-或_",
        "message: x",
        "GET /api/keys: 400: the example invalid_nonce is never answered",
    ),
    (
        "value: { status: success, keys: [] }",
        "value: { status: success }",
        "the example none is never answered",
    ),
    ("                        use: sig\n", "", "GET /api/keys: 200: the example keys is never answered"),
    ("message: 未提供试用", "message: 不提供试用", "no example is 未提供试用 (zh-Hans)"),
    (
        "message: The machine code is required, field: machine_code",
        "message: x",
        "missing_machine_code.en is never",
    ),
    ("message: 点数不足, points: 0", "message: 点数不足", "the example points_exhausted is never answered"),
    ("message: 充值卡不存在, field: with", "message: 充值卡不存在", "the example with_not_found is never"),
    (
        "message: 卡密不能为空, field: code",
        "message: 卡密不能为空",
        "the example missing_code is never answered",
    ),
    ("message: 缺少with, field: with", "message: 缺少with", "the example missing_with is never answered"),
    ("message: 该卡不能用于充值", "message: 不能充值", "no example is 该卡不能用于充值 (zh-Hans)"),
    ("value: { status: success, released: false }", "value: { status: error }", "nothing_released is never"),
    (
        "message: The card code or the machine code is malformed, field: code",
        "message: x",
        "invalid_code.en is never",
    ),
    ("            database: ok\n", "            database: well\n", "GET /health: 200: the example"),
    (
        "                message: 授权成功\n",
        "                message: 成功\n",
        "the example admitted is never answered",
    ),
];

// Four tests, which run at the same time.
#[tokio::test]
async fn mistakes_in_the_document_as_a_whole_are_found() {
    each_is_found(WHOLE).await;
}

#[tokio::test]
async fn mistakes_in_the_document_about_requests_are_found() {
    each_is_found(REQUESTS).await;
}

#[tokio::test]
async fn mistakes_in_the_document_about_answers_are_found() {
    each_is_found(ANSWERS).await;
}

#[tokio::test]
async fn mistakes_in_the_document_s_examples_are_found() {
    each_is_found(EXAMPLES).await;
}

async fn each_is_found(mistakes: &[Mistake]) {
    let answers = answers().await;
    for (written, instead, said) in mistakes {
        assert!(OPENAPI.contains(written), "the document does not say {written:?}");
        let found = problems(&OPENAPI.replacen(written, instead, 1), answers);
        assert!(
            found.iter().any(|problem| problem.contains(said)),
            "{instead:?} for {written:?} should be called {said:?}, not {found:#?}"
        );
    }
}
