// Headers to structs and back: the golden bytes that docs/protocol.md shows, and the bytes that are
// refused.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/wire.h"
#include "sim/base/units.h"
#include "tests/server/message.h"
#include "tests/support/check.h"

#define TOKEN "00112233445566778899aabbccddeeff"
#define GOLDEN "tests/golden/wire/"
#define U(value) UINT64_C(value)

static hft_wire_request request;
static hft_wire_fault fault;
static hft_buffer buffer;

// ---- golden bytes ----------------------------------------------------------------------------
// HFTSIM_UPDATE_GOLDEN=1 writes the files anew.
static void assert_golden(const char *name) {
  char path[128];
  snprintf(path, sizeof path, GOLDEN "%s.bin", name);
  const char *update = getenv("HFTSIM_UPDATE_GOLDEN");
  if (update != NULL && strcmp(update, "1") == 0) {
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(buffer.data, 1, buffer.size, out), buffer.size);
    assert_int_equal(fclose(out), 0);
  }
  char golden[HFT_WIRE_HEADER_MAX];
  FILE *in = fopen(path, "rb");
  if (in == NULL) fail_msg("%s is missing", path);
  size_t size = fread(golden, 1, sizeof golden, in);
  fclose(in);
  assert_int_equal(size, buffer.size);
  assert_memory_equal(golden, buffer.data, size);
}

static void decode_golden(const char *name, hft_wire_kind kind, uint64_t id) {
  assert_golden(name);
  hft_wire_code code = hft_wire_decode(buffer.data, buffer.size, &request, &fault);
  if (code != HFT_WIRE_OK) fail_msg("%s: %s: %s", name, fault.where, fault.text);
  assert_int_equal(request.kind, kind);
  assert_int_equal(request.id, id);
}

static void golden_hello(void **state) {
  (void)state;
  message_pack(&buffer, "{4 su ss s[2uu ss", "id", U(1), "kind", "hello", "protocol", U(1), U(1),
               "client", "golden");
  decode_golden("request_hello", HFT_WIRE_HELLO, 1);
  assert_int_equal(request.major, 1);
  assert_int_equal(request.minor, 1);
  assert_string_equal(request.client, "golden");
  const char *const configs[] = {"default", "market_making"};
  const hft_wire_hello hello = {.version = "0.1.0",
                                .revision = "1a2b3c4d5e6f",
                                .configs = configs,
                                .config_count = 2,
                                .envs = 4096,
                                .sessions = 64,
                                .session_envs = 65536,
                                .saves = 4096,
                                .requests_per_s = 100000,
                                .window = 16,
                                .memory_bytes = 1 << 30,
                                .unread_bytes = 1 << 28,
                                .idle_timeout_ns = 1800 * HFT_SECOND};
  assert_int_equal(hft_wire_encode_hello(&buffer, 1, &hello), HFT_OK);
  assert_golden("reply_hello");
}

static void golden_make(void **state) {
  (void)state;
  message_pack(&buffer, "{7 su ss ss su su ss s{5 sf si ss sb s[3uff", "id", U(2), "kind", "make",
               "config", "default", "num_envs", U(8), "seed", U(18446744073709551615), "autoreset",
               "manual", "overrides", "market_config.volatility", 0.03, "a.low", INT64_C(-5),
               "a.name", "SYMB", "a.on", 1, "a.list", U(1), 0.1, 1e300);
  decode_golden("request_make", HFT_WIRE_MAKE, 2);
  assert_string_equal(request.config, "default");
  assert_int_equal(request.num_envs, 8);
  assert_true(request.has_seed);
  assert_true(request.seed == UINT64_MAX);
  assert_int_equal(request.autoreset, HFT_AUTORESET_MANUAL);
  assert_int_equal(request.override_count, 5);
  const char *const values[] = {"0.03", "-5", "SYMB", "true", "[1, 0.1, 1e+300]"};
  for (int i = 0; i < 5; i++) assert_string_equal(request.override[i].value, values[i]);
  assert_string_equal(request.override[0].path, "market_config.volatility");
  assert_int_equal(hft_wire_encode_make(&buffer, 2, TOKEN, "cbf29ce484222325", "84222325cbf29ce4"),
                   HFT_OK);
  assert_golden("reply_make");
}

static void golden_reset(void **state) {
  (void)state;
  message_pack(&buffer, "{5 su ss ss su sb", "id", U(3), "kind", "reset", "session", TOKEN, "seed",
               U(0), "mask", 1);
  decode_golden("request_reset", HFT_WIRE_RESET, 3);
  assert_string_equal(request.session, TOKEN);
  assert_true(request.has_seed);
  assert_int_equal(request.seed, 0);
  assert_true(request.mask);
  assert_int_equal(hft_wire_encode_plain(&buffer, 3, HFT_WIRE_RESET), HFT_OK);
  assert_golden("reply_reset");
}

static void golden_reset_with_overrides(void **state) {
  (void)state;
  message_pack(&buffer, "{4 su ss ss s{3 sf su ss", "id", U(4), "kind", "reset", "session", TOKEN,
               "overrides", "market_config.volatility", 0.03, "seats[0].parent_qty", U(400),
               "seats[0].controller", "twap");
  decode_golden("request_reset_overrides", HFT_WIRE_RESET, 4);
  static const char *const values[] = {"0.03", "400", "twap"};
  assert_true(request.has_overrides);
  assert_int_equal(request.override_count, 3);
  for (int i = 0; i < 3; i++) assert_string_equal(request.override[i].value, values[i]);
  assert_string_equal(request.override[1].path, "seats[0].parent_qty");
  message_pack(&buffer, "{4 su ss ss s{0", "id", U(5), "kind", "reset", "session", TOKEN,
               "overrides");
  assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
  assert_true(request.has_overrides && request.override_count == 0);
  message_pack(&buffer, "{3 su ss ss", "id", U(6), "kind", "reset", "session", TOKEN);
  assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
  assert_true(!request.has_overrides && request.override_count == 0);
}

static void golden_step(void **state) {
  (void)state;
  message_pack(&buffer, "{3 su ss ss", "id", U(9223372036854775807), "kind", "step", "session",
               TOKEN);
  decode_golden("request_step", HFT_WIRE_STEP, INT64_MAX);
  assert_string_equal(request.session, TOKEN);
  assert_int_equal(hft_wire_encode_count(&buffer, INT64_MAX, HFT_WIRE_STEP, "ended", 2), HFT_OK);
  assert_golden("reply_step");
}

static void golden_some(void **state) {
  (void)state;
  message_pack(&buffer, "{5 su ss ss sb sb", "id", U(8), "kind", "reset", "session", TOKEN, "envs",
               1, "seeds", 1);
  decode_golden("request_reset_some", HFT_WIRE_RESET, 8);
  assert_true(request.envs && request.seeds && !request.mask && !request.has_seed);
  message_pack(&buffer, "{4 su ss ss sb", "id", U(9), "kind", "step", "session", TOKEN, "envs", 1);
  decode_golden("request_step_some", HFT_WIRE_STEP, 9);
  assert_true(request.envs);
  message_pack(&buffer, "{3 su ss ss", "id", U(10), "kind", "send", "session", TOKEN);
  decode_golden("request_send", HFT_WIRE_SEND, 10);
  assert_int_equal(hft_wire_encode_plain(&buffer, 10, HFT_WIRE_SEND), HFT_OK);
  assert_golden("reply_send");
  message_pack(&buffer, "{5 su ss ss su su", "id", U(11), "kind", "recv", "session", TOKEN, "least",
               U(2), "room", U(4));
  decode_golden("request_recv", HFT_WIRE_RECV, 11);
  assert_int_equal(request.least, 2);
  assert_true(request.has_room);
  assert_int_equal(request.room, 4);
  assert_int_equal(hft_wire_encode_count(&buffer, 11, HFT_WIRE_RECV, "ended", 1), HFT_OK);
  assert_golden("reply_recv");
}

static void golden_saves(void **state) {
  (void)state;
  message_pack(&buffer, "{4 su ss ss su", "id", U(12), "kind", "save", "session", TOKEN, "env",
               U(3));
  decode_golden("request_save", HFT_WIRE_SAVE, 12);
  assert_int_equal(request.env, 3);
  assert_int_equal(hft_wire_encode_count(&buffer, 12, HFT_WIRE_SAVE, "save", 1), HFT_OK);
  assert_golden("reply_save");
  message_pack(&buffer, "{5 su ss ss su su", "id", U(13), "kind", "load", "session", TOKEN, "env",
               U(5), "save", U(1));
  decode_golden("request_load", HFT_WIRE_LOAD, 13);
  assert_true(request.env == 5 && request.save == 1);
  assert_int_equal(hft_wire_encode_plain(&buffer, 13, HFT_WIRE_LOAD), HFT_OK);
  assert_golden("reply_load");
  message_pack(&buffer, "{5 su ss ss su su", "id", U(14), "kind", "fork", "session", TOKEN, "from",
               U(3), "to", U(4));
  decode_golden("request_fork", HFT_WIRE_FORK, 14);
  assert_true(request.from_env == 3 && request.to_env == 4);
  assert_int_equal(hft_wire_encode_plain(&buffer, 14, HFT_WIRE_FORK), HFT_OK);
  assert_golden("reply_fork");
  message_pack(&buffer, "{5 su ss ss su sb", "id", U(14), "kind", "fork", "session", TOKEN, "from",
               U(3), "envs", 1);
  decode_golden("request_fork_some", HFT_WIRE_FORK, 14);
  assert_true(request.from_env == 3 && request.envs);
  message_pack(&buffer, "{4 su ss ss su", "id", U(15), "kind", "drop", "session", TOKEN, "save",
               U(1));
  decode_golden("request_drop", HFT_WIRE_DROP, 15);
  assert_int_equal(request.save, 1);
  assert_int_equal(hft_wire_encode_plain(&buffer, 15, HFT_WIRE_DROP), HFT_OK);
  assert_golden("reply_drop");
}

static void golden_exports(void **state) {
  (void)state;
  message_pack(&buffer, "{4 su ss ss su", "id", U(19), "kind", "export", "session", TOKEN, "save",
               U(1));
  decode_golden("request_export", HFT_WIRE_EXPORT, 19);
  assert_int_equal(request.save, 1);
  assert_int_equal(hft_wire_encode_plain(&buffer, 19, HFT_WIRE_EXPORT), HFT_OK);
  assert_golden("reply_export");
  message_pack(&buffer, "{3 su ss ss", "id", U(20), "kind", "import", "session", TOKEN);
  decode_golden("request_import", HFT_WIRE_IMPORT, 20);
  assert_int_equal(hft_wire_encode_count(&buffer, 20, HFT_WIRE_IMPORT, "save", 2), HFT_OK);
  assert_golden("reply_import");
}

static void golden_render_and_stats(void **state) {
  (void)state;
  message_pack(&buffer, "{5 su ss ss su su", "id", U(16), "kind", "render", "session", TOKEN, "env",
               U(3), "levels", U(5));
  decode_golden("request_render", HFT_WIRE_RENDER, 16);
  assert_int_equal(request.env, 3);
  assert_true(request.has_levels && request.levels == 5);
  assert_int_equal(hft_wire_encode_plain(&buffer, 16, HFT_WIRE_RENDER), HFT_OK);
  assert_golden("reply_render");
  message_pack(&buffer, "{3 su ss ss", "id", U(17), "kind", "stats", "session", TOKEN);
  decode_golden("request_stats", HFT_WIRE_STATS, 17);
  assert_string_equal(request.session, TOKEN);
  hft_wire_stats stats = {.has_session = true,
                          .envs = 64,
                          .saves = 1,
                          .memory_bytes = 1 << 24,
                          .env_steps = 640,
                          .episodes = 2,
                          .errors = 1,
                          .server_sessions = 3,
                          .server_envs = 80,
                          .server_unanswered = 1};
  stats.count[HFT_WIRE_STEP] = 10;
  stats.ns[HFT_WIRE_STEP] = 500000000;
  assert_int_equal(hft_wire_encode_stats(&buffer, 17, &stats), HFT_OK);
  assert_golden("reply_stats");
  message_pack(&buffer, "{2 su ss", "id", U(18), "kind", "stats");
  assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
  assert_string_equal(request.session, "");
}

static void golden_close_and_ping(void **state) {
  (void)state;
  message_pack(&buffer, "{3 su ss ss", "id", U(5), "kind", "close", "session", TOKEN);
  decode_golden("request_close", HFT_WIRE_CLOSE, 5);
  assert_int_equal(hft_wire_encode_plain(&buffer, 5, HFT_WIRE_CLOSE), HFT_OK);
  assert_golden("reply_close");
  message_pack(&buffer, "{2 su ss", "id", U(6), "kind", "ping");
  decode_golden("request_ping", HFT_WIRE_PING, 6);
  assert_string_equal(request.session, "");
  assert_int_equal(hft_wire_encode_plain(&buffer, 6, HFT_WIRE_PING), HFT_OK);
  assert_golden("reply_ping");
}

// Told in seconds, where it is known alone.
static void errors_say_when_to_retry(void **state) {
  (void)state;
  msgpack_unpacked header;
  hft_wire_fail(&fault, HFT_WIRE_LIMIT, "session", "later");
  for (int known = 0; known < 2; known++) {
    fault.retry_after = known ? 0.25 : 0;
    assert_int_equal(hft_wire_encode_error(&buffer, 7, &fault), HFT_OK);
    message_read(buffer.data, buffer.size, &header);
    assert_int_equal(header.data.via.map.size, 5 + known);
    assert_true(message_retry_after(&header.data) == fault.retry_after);
    msgpack_unpacked_destroy(&header);
  }
  hft_wire_fail(&fault, HFT_WIRE_LIMIT, "session", "a new fault knows nothing");
  assert_true(fault.retry_after == 0);
}

static void golden_error(void **state) {
  (void)state;
  hft_wire_fail(&fault, HFT_WIRE_BAD_ACTION, "action/maker[3, 0, 1]", "an action is %g", -INFINITY);
  assert_int_equal(hft_wire_encode_error(&buffer, 7, &fault), HFT_OK);
  assert_golden("reply_error");
}

// ---- what is refused -------------------------------------------------------------------------
static void refused(hft_wire_code code, const char *where, uint64_t id) {
  hft_wire_code got = hft_wire_decode(buffer.data, buffer.size, &request, &fault);
  if (got != code) {
    fail_msg("%s, not %s: %s: %s", hft_wire_code_name(got), hft_wire_code_name(code), fault.where,
             fault.text);
  }
  assert_int_equal(fault.code, code);
  assert_string_equal(fault.where, where);
  assert_true(strlen(fault.text) > 5);
  assert_int_equal(request.id, id);
}

static void refuses_bytes_that_are_no_header(void **state) {
  (void)state;
  message_pack(&buffer, "");
  refused(HFT_WIRE_MALFORMED, "header", 0);
  message_pack(&buffer, "[2uu", U(1), U(2));
  refused(HFT_WIRE_MALFORMED, "header", 0);
  message_pack(&buffer, "s", "hello");
  refused(HFT_WIRE_MALFORMED, "header", 0);
  message_pack(&buffer, "{2su ss u", "id", U(1), "kind", "ping", U(0));
  refused(HFT_WIRE_MALFORMED, "header", 0);
  message_pack(&buffer, "{2su us", "id", U(1), U(2), "ping");
  refused(HFT_WIRE_MALFORMED, "header", 0);
  message_pack(&buffer, "{3su ss su", "id", U(1), "kind", "ping", "id", U(2));
  refused(HFT_WIRE_MALFORMED, "header", 0);
  message_pack(&buffer, "{1su", "id", U(7));
  refused(HFT_WIRE_MALFORMED, "kind", 7);
  message_pack(&buffer, "{1ss", "kind", "ping");
  refused(HFT_WIRE_MALFORMED, "id", 0);
}

static void bounds_the_header(void **state) {
  (void)state;
  static char text[HFT_WIRE_HEADER_MAX];
  memset(text, 'x', sizeof text);
  text[HFT_WIRE_HEADER_MAX - 30] = '\0';
  message_pack(&buffer, "{3su ss ss", "id", U(1), "kind", "ping", "other", text);
  assert_true(buffer.size < HFT_WIRE_HEADER_MAX);
  assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
  text[HFT_WIRE_HEADER_MAX - 30] = 'x';
  text[HFT_WIRE_HEADER_MAX - 1] = '\0';
  message_pack(&buffer, "{3su ss ss", "id", U(1), "kind", "ping", "other", text);
  assert_true(buffer.size > HFT_WIRE_HEADER_MAX);
  refused(HFT_WIRE_MALFORMED, "header", 0);
}

static void bounds_the_pairs(void **state) {
  (void)state;
  for (unsigned pairs = 2; pairs <= HFT_WIRE_PAIRS_MAX + 1; pairs++) {
    message_pack(&buffer, "");
    const char head[3] = {'\xde', 0, (char)pairs};
    hft_buffer_write(&buffer, head, sizeof head);
    hft_buffer_write(&buffer, "\xa2id\x01\xa4kind\xa4ping", 14);
    for (unsigned i = 2; i < pairs; i++) {
      const char pair[3] = {'\xa1', (char)(i + 0x20), '\xc0'};
      hft_buffer_write(&buffer, pair, sizeof pair);
    }
    hft_wire_code code = hft_wire_decode(buffer.data, buffer.size, &request, &fault);
    assert_int_equal(code, pairs <= HFT_WIRE_PAIRS_MAX ? HFT_WIRE_OK : HFT_WIRE_MALFORMED);
  }
}

static void ignores_unknown_keys(void **state) {
  (void)state;
  message_pack(&buffer, "{6 s{1u[2nf su ss sn s[1[1[1n si", "later", U(9), 1.5, "id", U(4), "kind",
               "ping", "seed", "x", "num_envs", INT64_C(-1));
  assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
  assert_int_equal(request.id, 4);
}

static void refuses_ids_out_of_range(void **state) {
  (void)state;
  message_pack(&buffer, "{2su ss", "id", U(0), "kind", "ping");
  refused(HFT_WIRE_BAD_FIELD, "id", 0);
  message_pack(&buffer, "{2su ss", "id", U(9223372036854775808), "kind", "ping");
  refused(HFT_WIRE_BAD_FIELD, "id", 0);
  message_pack(&buffer, "{2si ss", "id", INT64_C(-1), "kind", "ping");
  refused(HFT_WIRE_BAD_FIELD, "id", 0);
  message_pack(&buffer, "{2sf ss", "id", 1.0, "kind", "ping");
  refused(HFT_WIRE_BAD_FIELD, "id", 0);
}

static void refuses_unknown_kinds(void **state) {
  (void)state;
  message_pack(&buffer, "{2su ss", "id", U(3), "kind", "stpe");
  refused(HFT_WIRE_UNKNOWN_KIND, "kind", 3);
  assert_non_null(strstr(fault.text, "did you mean 'step'?"));
  message_pack(&buffer, "{2su ss", "id", U(3), "kind", "error");
  refused(HFT_WIRE_UNKNOWN_KIND, "kind", 3);
  message_pack(&buffer, "{2su sn", "id", U(3), "kind");
  refused(HFT_WIRE_BAD_FIELD, "kind", 3);
}

static void refuses_bad_hellos(void **state) {
  (void)state;
  message_pack(&buffer, "{3su ss ss", "id", U(1), "kind", "hello", "client", "c");
  refused(HFT_WIRE_BAD_FIELD, "protocol", 1);
  message_pack(&buffer, "{4su ss ss s[1u", "id", U(1), "kind", "hello", "client", "c", "protocol",
               U(1));
  refused(HFT_WIRE_BAD_FIELD, "protocol", 1);
  message_pack(&buffer, "{4su ss ss s[2uf", "id", U(1), "kind", "hello", "client", "c", "protocol",
               U(1), 0.5);
  refused(HFT_WIRE_BAD_FIELD, "protocol", 1);
  message_pack(&buffer, "{3su ss s[2uu", "id", U(1), "kind", "hello", "protocol", U(1), U(0));
  refused(HFT_WIRE_BAD_FIELD, "client", 1);
  char name[HFT_WIRE_CLIENT_MAX + 2];
  memset(name, 'n', sizeof name);
  name[HFT_WIRE_CLIENT_MAX + 1] = '\0';
  message_pack(&buffer, "{4su ss s[2uu ss", "id", U(1), "kind", "hello", "protocol", U(1), U(0),
               "client", name);
  refused(HFT_WIRE_BAD_FIELD, "client", 1);
  message_pack(&buffer, "{4su ss s[2uu ss", "id", U(1), "kind", "hello", "protocol", U(1), U(0),
               "client", name + 1);
  assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
}

static void refuses_bad_makes(void **state) {
  (void)state;
  message_pack(&buffer, "{2su ss", "id", U(1), "kind", "make");
  refused(HFT_WIRE_BAD_FIELD, "num_envs", 1);
  message_pack(&buffer, "{3su ss si", "id", U(1), "kind", "make", "num_envs", INT64_C(-1));
  refused(HFT_WIRE_BAD_FIELD, "num_envs", 1);
  message_pack(&buffer, "{4su ss su sf", "id", U(1), "kind", "make", "num_envs", U(1), "seed", 1.0);
  refused(HFT_WIRE_BAD_FIELD, "seed", 1);
  message_pack(&buffer, "{4su ss su su", "id", U(1), "kind", "make", "num_envs", U(1), "config",
               U(1));
  refused(HFT_WIRE_BAD_FIELD, "config", 1);
  message_pack(&buffer, "{4su ss su s[0", "id", U(1), "kind", "make", "num_envs", U(1),
               "overrides");
  refused(HFT_WIRE_BAD_FIELD, "overrides", 1);
}

static void refuses_bad_overrides(void **state) {
  (void)state;
  const char *head = "id";
  message_pack(&buffer, "{4su ss su s{1sn", head, U(1), "kind", "make", "num_envs", U(1),
               "overrides", "a.b");
  refused(HFT_WIRE_BAD_FIELD, "a.b", 1);
  message_pack(&buffer, "{4su ss su s{1sf", head, U(1), "kind", "make", "num_envs", U(1),
               "overrides", "a.b", NAN);
  refused(HFT_WIRE_BAD_FIELD, "a.b", 1);
  message_pack(&buffer, "{4su ss su s{1s[2us", head, U(1), "kind", "make", "num_envs", U(1),
               "overrides", "a.b", U(1), "2");
  refused(HFT_WIRE_BAD_FIELD, "a.b", 1);
  message_pack(&buffer, "{4su ss su s{1s{0", head, U(1), "kind", "make", "num_envs", U(1),
               "overrides", "a.b");
  refused(HFT_WIRE_BAD_FIELD, "a.b", 1);
  message_pack(&buffer, "{4su ss su s{1uu", head, U(1), "kind", "make", "num_envs", U(1),
               "overrides", U(1), U(1));
  refused(HFT_WIRE_MALFORMED, "overrides", 1);
  message_pack(&buffer, "{4su ss su s{2su su", head, U(1), "kind", "make", "num_envs", U(1),
               "overrides", "a.b", U(1), "a.b", U(1));
  refused(HFT_WIRE_MALFORMED, "overrides", 1);
}

// Of a reset they are read in the same way.
static void refuses_bad_overrides_of_resets(void **state) {
  (void)state;
#define RESET "id", U(1), "kind", "reset", "session", TOKEN, "overrides"
  message_pack(&buffer, "{4su ss ss su", RESET, U(1));
  refused(HFT_WIRE_BAD_FIELD, "overrides", 1);
  message_pack(&buffer, "{4su ss ss sn", RESET);
  refused(HFT_WIRE_BAD_FIELD, "overrides", 1);
  message_pack(&buffer, "{4su ss ss s[1s", RESET, "a.b");
  refused(HFT_WIRE_BAD_FIELD, "overrides", 1);
  message_pack(&buffer, "{4su ss ss s{1sn", RESET, "a.b");
  refused(HFT_WIRE_BAD_FIELD, "a.b", 1);
  const double wrong[] = {NAN, INFINITY, -INFINITY};
  for (size_t k = 0; k < 3; k++) {
    message_pack(&buffer, "{4su ss ss s{1sf", RESET, "a.b", wrong[k]);
    refused(HFT_WIRE_BAD_FIELD, "a.b", 1);
  }
  message_pack(&buffer, "{4su ss ss s{1s{1su", RESET, "a.b", "c", U(1));
  refused(HFT_WIRE_BAD_FIELD, "a.b", 1);
  message_pack(&buffer, "{4su ss ss s{1s[1n", RESET, "a.b");
  refused(HFT_WIRE_BAD_FIELD, "a.b", 1);
  message_pack(&buffer, "{4su ss ss s{1uu", RESET, U(1), U(1));
  refused(HFT_WIRE_MALFORMED, "overrides", 1);
  message_pack(&buffer, "{4su ss ss s{2su su", RESET, "a.b", U(1), "a.b", U(1));
  refused(HFT_WIRE_MALFORMED, "overrides", 1);
  // More than HFT_WIRE_PAIRS_MAX.
  message_pack(&buffer, "{4su ss ss s", RESET);
  hft_buffer_write(&buffer, "\xde\x00\x41", 3);  // a map of 65
  for (int i = 0; i < 65; i++) {
    char pair[] = {'\xa2', (char)('a' + i / 26), (char)('a' + i % 26), 1};
    hft_buffer_write(&buffer, pair, sizeof pair);
  }
  refused(HFT_WIRE_BAD_FIELD, "overrides", 1);
  assert_non_null(strstr(fault.text, "65 overrides; at most 64"));
#undef RESET
}

// The longest texts that a header can expand to fit in the request.
static void the_largest_overrides_fit(void **state) {
  (void)state;
  message_pack(&buffer, "{4su ss su s", "id", U(1), "kind", "make", "num_envs", U(1), "overrides");
  hft_buffer_write(&buffer, "\x81\xa1p\xdc", 4);
  size_t count = HFT_WIRE_HEADER_MAX - buffer.size - 2;
  const char length[2] = {(char)(count >> 8), (char)count};
  hft_buffer_write(&buffer, length, sizeof length);
  for (size_t i = 0; i < count; i++) hft_buffer_write(&buffer, "\xe0", 1);  // -32
  assert_int_equal(buffer.size, HFT_WIRE_HEADER_MAX);
  assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
  assert_int_equal(strlen(request.override[0].value), 5 * count);
}

static void reads_how_envs_are_made(void **state) {
  (void)state;
  for (int k = 0; k < HFT_AUTORESET_COUNT; k++) {
    message_pack(&buffer, "{5 su ss su ss su", "id", U(1), "kind", "make", "num_envs", U(1),
                 "autoreset", hft_autoreset_name((hft_autoreset)k), "first_env",
                 (uint64_t)UINT32_MAX - (uint64_t)k);
    assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
    assert_int_equal(request.autoreset, k);
    assert_true(request.first_env == UINT32_MAX - (unsigned)k);
    assert_false(request.has_seed);
  }
  message_pack(&buffer, "{3 su ss su", "id", U(1), "kind", "make", "num_envs", U(1));
  assert_int_equal(hft_wire_decode(buffer.data, buffer.size, &request, &fault), HFT_WIRE_OK);
  assert_int_equal(request.autoreset, HFT_AUTORESET_SAME_STEP);
  assert_true(request.first_env == 0);
}

static void refuses_keys_that_exclude_each_other(void **state) {
  (void)state;
  message_pack(&buffer, "{5 su ss ss sb sb", "id", U(1), "kind", "reset", "session", TOKEN, "envs",
               1, "mask", 1);
  refused(HFT_WIRE_BAD_FIELD, "envs", 1);
  message_pack(&buffer, "{5 su ss ss sb su", "id", U(1), "kind", "reset", "session", TOKEN, "seeds",
               1, "seed", U(4));
  refused(HFT_WIRE_BAD_FIELD, "seeds", 1);
  static const char *const modes[] = {"next", "", "Next_step", "same_step "};
  for (int k = 0; k < 4; k++) {
    message_pack(&buffer, "{4 su ss su ss", "id", U(1), "kind", "make", "num_envs", U(1),
                 "autoreset", modes[k]);
    refused(HFT_WIRE_BAD_FIELD, "autoreset", 1);
  }
  message_pack(&buffer, "{4 su ss su su", "id", U(1), "kind", "make", "num_envs", U(1), "first_env",
               UINT64_C(1) << 32);
  refused(HFT_WIRE_BAD_FIELD, "first_env", 1);
  message_pack(&buffer, "{4 su ss su sb", "id", U(1), "kind", "make", "num_envs", U(1), "autoreset",
               1);
  refused(HFT_WIRE_BAD_FIELD, "autoreset", 1);
}

static void refuses_bad_sessions(void **state) {
  (void)state;
  const char *const kinds[] = {"reset", "step", "close", "send", "recv",
                               "save",  "load", "fork",  "drop", "render"};
  for (int i = 0; i < 10; i++) {
    message_pack(&buffer, "{2su ss", "id", U(1), "kind", kinds[i]);
    refused(HFT_WIRE_BAD_FIELD, "session", 1);
    message_pack(&buffer, "{3su ss su", "id", U(1), "kind", kinds[i], "session", U(1));
    refused(HFT_WIRE_BAD_FIELD, "session", 1);
  }
  const char *const tokens[] = {"", "0123", "00112233445566778899AABBCCDDEEFF",
                                "00112233445566778899aabbccddeeff0",
                                "0011223344556677 899aabbccddeeff"};
  for (int i = 0; i < 5; i++) {
    message_pack(&buffer, "{3su ss ss", "id", U(1), "kind", "ping", "session", tokens[i]);
    refused(HFT_WIRE_BAD_FIELD, "session", 1);
  }
  message_pack(&buffer, "{4su ss ss su", "id", U(1), "kind", "reset", "session", TOKEN, "mask",
               U(1));
  refused(HFT_WIRE_BAD_FIELD, "mask", 1);
}

// Whatever a client sent, an error's texts can be read by every MessagePack reader.
static void errors_are_plain_ascii(void **state) {
  (void)state;
  hft_wire_fail(&fault, HFT_WIRE_CONFIG, "a\xc3", "line\n\x01\x7f\xff end");
  assert_int_equal(hft_wire_encode_error(&buffer, 9, &fault), HFT_OK);
  msgpack_unpacked reply;
  message_read(buffer.data, buffer.size, &reply);
  assert_int_equal(message_uint(&reply.data, "id"), 9);
  assert_true(message_is(&reply.data, "kind", "error"));
  assert_true(message_is(&reply.data, "code", "config"));
  assert_true(message_is(&reply.data, "where", "a?"));
  assert_true(message_is(&reply.data, "message", "line???? end"));
  msgpack_unpacked_destroy(&reply);
}

static int free_buffer(void **state) {
  (void)state;
  hft_buffer_free(&buffer);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(golden_hello),
      cmocka_unit_test(golden_make),
      cmocka_unit_test(golden_reset),
      cmocka_unit_test(golden_reset_with_overrides),
      cmocka_unit_test(golden_step),
      cmocka_unit_test(golden_some),
      cmocka_unit_test(golden_saves),
      cmocka_unit_test(golden_exports),
      cmocka_unit_test(golden_render_and_stats),
      cmocka_unit_test(golden_close_and_ping),
      cmocka_unit_test(errors_say_when_to_retry),
      cmocka_unit_test(golden_error),
      cmocka_unit_test(refuses_bytes_that_are_no_header),
      cmocka_unit_test(bounds_the_header),
      cmocka_unit_test(bounds_the_pairs),
      cmocka_unit_test(ignores_unknown_keys),
      cmocka_unit_test(refuses_ids_out_of_range),
      cmocka_unit_test(refuses_unknown_kinds),
      cmocka_unit_test(refuses_bad_hellos),
      cmocka_unit_test(refuses_bad_makes),
      cmocka_unit_test(refuses_bad_overrides),
      cmocka_unit_test(refuses_bad_overrides_of_resets),
      cmocka_unit_test(the_largest_overrides_fit),
      cmocka_unit_test(reads_how_envs_are_made),
      cmocka_unit_test(refuses_keys_that_exclude_each_other),
      cmocka_unit_test(refuses_bad_sessions),
      cmocka_unit_test(errors_are_plain_ascii),
  };
  return cmocka_run_group_tests(tests, NULL, free_buffer);
}
