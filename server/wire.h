// The bytes of the protocol (docs/protocol.md): MessagePack headers to plain structs and back.
// Independent of sockets, sessions and markets.
#ifndef HFTSIM_SERVER_WIRE_H
#define HFTSIM_SERVER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/buffer.h"
#include "sim/base/status.h"
#include "sim/pool/pool.h"

#define HFT_WIRE_MAJOR 1
#define HFT_WIRE_MINOR 3
#define HFT_WIRE_HEADER_MAX 4096       // bytes of a header
#define HFT_WIRE_FRAMES_MAX 4          // frames of a message, header included
#define HFT_WIRE_FRAME_MAX (64 << 20)  // bytes of a frame
#define HFT_WIRE_CONFIG_MAX 65536      // bytes of a config in a `make`
#define HFT_WIRE_PAIRS_MAX 64          // pairs of the header's map and of `overrides`
#define HFT_WIRE_CLIENT_MAX 64         // bytes of the name of a client
#define HFT_WIRE_TOKEN_DIGITS 32       // hex digits of the token of a session
#define HFT_WIRE_TEXT_BYTES 32768      // bytes for the texts of one header

#define HFT_WIRE_KIND_MAP(X) \
  X(HELLO, "hello")          \
  X(MAKE, "make")            \
  X(RESET, "reset")          \
  X(STEP, "step")            \
  X(SEND, "send")            \
  X(RECV, "recv")            \
  X(SAVE, "save")            \
  X(LOAD, "load")            \
  X(FORK, "fork")            \
  X(DROP, "drop")            \
  X(EXPORT, "export")        \
  X(IMPORT, "import")        \
  X(RENDER, "render")        \
  X(STATS, "stats")          \
  X(CLOSE, "close")          \
  X(PING, "ping")

typedef enum hft_wire_kind {
#define X(name, text) HFT_WIRE_##name,
  HFT_WIRE_KIND_MAP(X)
#undef X
      HFT_WIRE_KIND_COUNT
} hft_wire_kind;

#define HFT_WIRE_CODE_MAP(X)            \
  X(OK, "ok")                           \
  X(MALFORMED, "malformed")             \
  X(BAD_FIELD, "bad_field")             \
  X(BAD_BUFFER, "bad_buffer")           \
  X(BAD_ACTION, "bad_action")           \
  X(UNKNOWN_KIND, "unknown_kind")       \
  X(UNKNOWN_SESSION, "unknown_session") \
  X(UNKNOWN_SAVE, "unknown_save")       \
  X(BAD_SAVE, "bad_save")               \
  X(NOT_RESET, "not_reset")             \
  X(UNDER_WAY, "under_way")             \
  X(STALE_ID, "stale_id")               \
  X(VERSION, "version")                 \
  X(CONFIG, "config")                   \
  X(LIMIT, "limit")                     \
  X(STOPPING, "stopping")               \
  X(INTERNAL, "internal")

typedef enum hft_wire_code {
#define X(name, text) HFT_WIRE_##name,
  HFT_WIRE_CODE_MAP(X)
#undef X
      HFT_WIRE_CODE_COUNT
} hft_wire_code;

// Why a request was refused: the content of an `error` reply.
typedef struct hft_wire_fault {
  hft_wire_code code;
  double retry_after;  // seconds after which the same request may succeed; 0: unknown
  char where[160];     // the key, frame or array at fault
  char text[320];
} hft_wire_fault;

// Fills *fault and returns `code`.
hft_wire_code hft_wire_fail(hft_wire_fault *fault, hft_wire_code code, const char *where,
                            const char *format, ...) __attribute__((format(printf, 4, 5)));
#ifdef __clang_analyzer__  // as of hft_fail
#define hft_wire_fail(fault, code, where, ...) \
  ((void)hft_wire_fail(fault, code, where, __VA_ARGS__), (code))
#endif

// Fills *fault from an error of the layers below and returns its code: CONFIG for ECONFIG, else
// INTERNAL.
hft_wire_code hft_wire_fail_error(hft_wire_fault *fault, const hft_error *error);

// As hft_wire_fail_error, for a config in use: a file that it names and that cannot be read counts
// as an error of the config.
hft_wire_code hft_wire_fail_config(hft_wire_fault *fault, const hft_error *error);

// The names on the wire. Never null.
const char *hft_wire_kind_name(hft_wire_kind kind);
const char *hft_wire_code_name(hft_wire_code code);

// ---- requests --------------------------------------------------------------------------------
// The header of a request. Only the members of its kind are set. Texts are null-terminated and
// point into `text`.
typedef struct hft_wire_request {
  uint64_t id;  // 1 .. 2^63-1; 0 where it could not be read
  hft_wire_kind kind;
  // Of all kinds but hello and make; ping, stats: "" where absent.
  char session[HFT_WIRE_TOKEN_DIGITS + 1];
  uint64_t major, minor;  // hello: the client's protocol
  const char *client;     // hello
  const char *config;     // make: a name, or null
  uint64_t num_envs;      // make
  bool has_overrides;     // reset: of the envs that are reset
  int override_count;     // make, reset
  hft_override override[HFT_WIRE_PAIRS_MAX];
  hft_autoreset autoreset;  // make
  uint64_t first_env;       // make: 0 .. 2^32 - 1
  bool has_seed;            // make, reset
  uint64_t seed;
  bool mask;                  // reset: a mask frame follows
  bool envs;                  // reset, step, fork: a frame of indices follows
  bool seeds;                 // reset: a frame of seeds follows
  bool has_room;              // recv
  uint64_t least, room;       // recv
  uint64_t env, save;         // save, render: env; load: both; drop, export: save
  bool has_levels;            // render
  uint64_t levels;            // render
  uint64_t from_env, to_env;  // fork; `envs` in place of to_env: to several
  size_t text_used;
  char text[HFT_WIRE_TEXT_BYTES];
} hft_wire_request;

// Decodes a header. The bytes may hold anything; the memory used is bounded by a small multiple of
// HFT_WIRE_HEADER_MAX. MALFORMED, UNKNOWN_KIND or BAD_FIELD: *fault has the reason, and request->id
// is set where it could be read.
hft_wire_code hft_wire_decode(const void *bytes, size_t size, hft_wire_request *request,
                              hft_wire_fault *fault);

// ---- replies ---------------------------------------------------------------------------------
// A frame of a message; does not own its bytes.
typedef struct hft_frame {
  const void *data;
  size_t size;
} hft_frame;

typedef struct hft_wire_hello {
  const char *version, *revision;
  const char *const *configs;
  int config_count;
  uint64_t envs, sessions, session_envs, saves, requests_per_s, window;  // limits
  uint64_t memory_bytes, unread_bytes;
  int64_t idle_timeout_ns;  // sent in seconds
} hft_wire_hello;

// Each replaces the content of a buffer by one header. ENOMEM.
hft_status hft_wire_encode_hello(hft_buffer *buffer, uint64_t id, const hft_wire_hello *hello);
hft_status hft_wire_encode_make(hft_buffer *buffer, uint64_t id, const char *session,
                                const char *spec_hash, const char *spaces_hash);

// What `stats` reports of a session and of the server.
typedef struct hft_wire_stats {
  bool has_session;
  uint64_t envs, saves, memory_bytes, unanswered, env_steps, episodes, errors;
  uint64_t count[HFT_WIRE_KIND_COUNT];  // answered requests
  uint64_t ns[HFT_WIRE_KIND_COUNT];     // from arrival to reply, summed
  uint64_t server_sessions, server_envs, server_unanswered;
} hft_wire_stats;
hft_status hft_wire_encode_stats(hft_buffer *buffer, uint64_t id, const hft_wire_stats *stats);
// {id, kind, <key>: value}: `ended` of step and recv, `save` of save and import.
hft_status hft_wire_encode_count(hft_buffer *buffer, uint64_t id, hft_wire_kind kind,
                                 const char *key, uint64_t value);
// {id, kind}: all other kinds.
hft_status hft_wire_encode_plain(hft_buffer *buffer, uint64_t id, hft_wire_kind kind);
// An error. Bytes of its texts that are not printable ASCII become '?'. Takes at most 1 KiB.
hft_status hft_wire_encode_error(hft_buffer *buffer, uint64_t id, const hft_wire_fault *fault);

#endif
