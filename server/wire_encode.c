#include <string.h>

#include "codec/pack.h"
#include "server/wire.h"
#include "sim/base/units.h"

// Begins a header of `pairs` pairs, of which `id` and `kind` are the first two.
static msgpack_packer begin(hft_buffer *buffer, size_t pairs, uint64_t id, const char *kind) {
  msgpack_packer packer = hft_pack_map(buffer, pairs);
  hft_pack_uint_pair(&packer, "id", id);
  hft_pack_text_pair(&packer, "kind", kind);
  return packer;
}

static hft_status finish(const hft_buffer *buffer) {
  return buffer->failed ? HFT_ENOMEM : HFT_OK;
}

static void pack_limits(msgpack_packer *packer, const hft_wire_hello *hello) {
  const struct {
    const char *name;
    uint64_t value;
  } limits[] = {
      {"envs", hello->envs},
      {"sessions", hello->sessions},
      {"session_envs", hello->session_envs},
      {"saves", hello->saves},
      {"requests_per_s", hello->requests_per_s},
      {"window", hello->window},
      {"memory_bytes", hello->memory_bytes},
      {"unread_bytes", hello->unread_bytes},
      {"frames", HFT_WIRE_FRAMES_MAX},
      {"header_bytes", HFT_WIRE_HEADER_MAX},
      {"frame_bytes", HFT_WIRE_FRAME_MAX},
      {"config_bytes", HFT_WIRE_CONFIG_MAX},
      {"overrides", HFT_WIRE_PAIRS_MAX},
  };
  size_t count = sizeof limits / sizeof limits[0];
  msgpack_pack_map(packer, count + 1);
  for (size_t i = 0; i < count; i++) hft_pack_uint_pair(packer, limits[i].name, limits[i].value);
  hft_pack_text(packer, "idle_timeout_s");
  if (hello->idle_timeout_ns % HFT_SECOND == 0) {
    msgpack_pack_uint64(packer, (uint64_t)(hello->idle_timeout_ns / HFT_SECOND));
  } else {
    msgpack_pack_double(packer, (double)hello->idle_timeout_ns / (double)HFT_SECOND);
  }
}

hft_status hft_wire_encode_hello(hft_buffer *buffer, uint64_t id, const hft_wire_hello *hello) {
  msgpack_packer packer = begin(buffer, 8, id, hft_wire_kind_name(HFT_WIRE_HELLO));
  hft_pack_text(&packer, "protocol");
  msgpack_pack_array(&packer, 2);
  msgpack_pack_uint64(&packer, HFT_WIRE_MAJOR);
  msgpack_pack_uint64(&packer, HFT_WIRE_MINOR);
  hft_pack_text_pair(&packer, "version", hello->version);
  hft_pack_text_pair(&packer, "revision", hello->revision);
  hft_pack_text(&packer, "configs");
  msgpack_pack_array(&packer, (size_t)hello->config_count);
  for (int i = 0; i < hello->config_count; i++) hft_pack_text(&packer, hello->configs[i]);
  hft_pack_text(&packer, "kinds");
  msgpack_pack_array(&packer, HFT_WIRE_KIND_COUNT);
  for (int i = 0; i < HFT_WIRE_KIND_COUNT; i++) {
    hft_pack_text(&packer, hft_wire_kind_name((hft_wire_kind)i));
  }
  hft_pack_text(&packer, "limits");
  pack_limits(&packer, hello);
  return finish(buffer);
}

hft_status hft_wire_encode_make(hft_buffer *buffer, uint64_t id, const char *session,
                                const char *spec_hash, const char *spaces_hash) {
  msgpack_packer packer = begin(buffer, 5, id, hft_wire_kind_name(HFT_WIRE_MAKE));
  hft_pack_text_pair(&packer, "session", session);
  hft_pack_text_pair(&packer, "spec_hash", spec_hash);
  hft_pack_text_pair(&packer, "spaces_hash", spaces_hash);
  return finish(buffer);
}

static void pack_session_stats(msgpack_packer *packer, const hft_wire_stats *stats) {
  hft_pack_text(packer, "session");
  msgpack_pack_map(packer, 8);
  hft_pack_uint_pair(packer, "envs", stats->envs);
  hft_pack_uint_pair(packer, "saves", stats->saves);
  hft_pack_uint_pair(packer, "memory_bytes", stats->memory_bytes);
  hft_pack_uint_pair(packer, "unanswered", stats->unanswered);
  hft_pack_uint_pair(packer, "env_steps", stats->env_steps);
  hft_pack_uint_pair(packer, "episodes", stats->episodes);
  hft_pack_uint_pair(packer, "errors", stats->errors);
  size_t kinds = 0;
  for (int kind = 0; kind < HFT_WIRE_KIND_COUNT; kind++) kinds += stats->count[kind] > 0;
  hft_pack_text(packer, "requests");
  msgpack_pack_map(packer, kinds);
  for (int kind = 0; kind < HFT_WIRE_KIND_COUNT; kind++) {
    if (stats->count[kind] == 0) continue;
    hft_pack_text(packer, hft_wire_kind_name((hft_wire_kind)kind));
    msgpack_pack_map(packer, 2);
    hft_pack_uint_pair(packer, "count", stats->count[kind]);
    hft_pack_text(packer, "seconds");
    msgpack_pack_double(packer, (double)stats->ns[kind] * 1e-9);
  }
}

hft_status hft_wire_encode_stats(hft_buffer *buffer, uint64_t id, const hft_wire_stats *stats) {
  msgpack_packer packer =
      begin(buffer, stats->has_session ? 4 : 3, id, hft_wire_kind_name(HFT_WIRE_STATS));
  if (stats->has_session) pack_session_stats(&packer, stats);
  hft_pack_text(&packer, "server");
  msgpack_pack_map(&packer, 3);
  hft_pack_uint_pair(&packer, "sessions", stats->server_sessions);
  hft_pack_uint_pair(&packer, "envs", stats->server_envs);
  hft_pack_uint_pair(&packer, "unanswered", stats->server_unanswered);
  return finish(buffer);
}

hft_status hft_wire_encode_count(hft_buffer *buffer, uint64_t id, hft_wire_kind kind,
                                 const char *key, uint64_t value) {
  msgpack_packer packer = begin(buffer, 3, id, hft_wire_kind_name(kind));
  hft_pack_uint_pair(&packer, key, value);
  return finish(buffer);
}

hft_status hft_wire_encode_plain(hft_buffer *buffer, uint64_t id, hft_wire_kind kind) {
  (void)begin(buffer, 2, id, hft_wire_kind_name(kind));
  return finish(buffer);
}

// Parts of a text may come from a client, cut anywhere: only printable ASCII is kept.
static void pack_plain_text(msgpack_packer *packer, const char *key, const char *text) {
  hft_pack_text(packer, key);
  size_t size = strlen(text);
  msgpack_pack_str(packer, size);
  for (size_t i = 0; i < size; i++) {
    char byte = text[i];
    if (byte < ' ' || byte > '~') byte = '?';
    msgpack_pack_str_body(packer, &byte, 1);
  }
}

hft_status hft_wire_encode_error(hft_buffer *buffer, uint64_t id, const hft_wire_fault *fault) {
  bool has_time = fault->retry_after > 0;
  msgpack_packer packer = begin(buffer, has_time ? 6 : 5, id, "error");
  hft_pack_text_pair(&packer, "code", hft_wire_code_name(fault->code));
  pack_plain_text(&packer, "message", fault->text);
  pack_plain_text(&packer, "where", fault->where);
  if (has_time) {
    hft_pack_text(&packer, "retry_after");
    msgpack_pack_double(&packer, fault->retry_after);
  }
  return finish(buffer);
}
