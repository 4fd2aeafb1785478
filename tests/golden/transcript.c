// Replays the requests of transcript.jsonl on a service, and compares what it answers with the
// replies there; with --update writes the replies anew. Each line is an exchange: docs/protocol.md,
// "A transcript", tells its members.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/catalog.h"
#include "codec/pack.h"
#include "server/service.h"
#include "sim/base/check.h"
#include "tests/golden/transcript_json.h"

#define LINE_MAX_BYTES (1 << 20)
#define MIB ((size_t)1 << 20)

static hft_catalog catalog;
static transcript_names names;
static int session_count;
static char *kept;  // the last exported save
static size_t kept_size;

// The config of a session: as `hftsim serve` without options has it.
static hft_status load_config(void *context, const char *name, const char *text, size_t length,
                              hft_config **out, hft_error *error) {
  (void)context;
  hft_status status = hft_catalog_config(&catalog, out, error);
  if (status != HFT_OK) return status;
  if (name != NULL && text == NULL) status = hft_catalog_merge(*out, name, error);
  if (text != NULL) {
    status = hft_config_merge(*out, text, length, name != NULL ? name : "config", error);
  }
  if (status != HFT_OK) hft_config_free(*out);
  return status;
}

static hft_service *open_service(void) {
  static const char *config_names[HFT_CATALOG_PRESETS_MAX];
  hft_catalog_init(&catalog);
  const hft_service_config config = {
      .sessions_max = 64,
      .envs_max = 4096,
      .memory_max = 1024 * MIB,
      .rate_max = 100000,
      .thread_count = 1,
      .idle_timeout = 1800 * HFT_SECOND,
      .classes = hft_catalog_classes,
      .class_count = hft_catalog_class_count,
      .config_names = config_names,
      .config_name_count = hft_preset_names(config_names),
      .load_config = load_config,
  };
  hft_service *service;
  HFT_CHECK(hft_service_create(&config, &service, NULL) == HFT_OK);
  return service;
}

// ---- requests ----------------------------------------------------------------------------------
static hft_frame request_frame(const json_t *frame, hft_buffer *buffer) {
  const char *text = json_string_value(json_object_get(frame, "text"));
  if (text != NULL) return (hft_frame){text, strlen(text)};
  if (json_object_get(frame, "kept") != NULL) return (hft_frame){kept, kept_size};
  transcript_write_arrays(buffer, frame);
  return (hft_frame){buffer->data, buffer->size};
}

static hft_reply ask(hft_service *service, const json_t *exchange) {
  static hft_buffer buffers[HFT_WIRE_FRAMES_MAX];
  hft_frame frames[HFT_WIRE_FRAMES_MAX];
  const json_t *buffers_json = json_object_get(exchange, "frames");
  int count = 1 + (int)json_array_size(buffers_json);
  HFT_CHECK(count <= HFT_WIRE_FRAMES_MAX);
  buffers[0].size = 0;
  msgpack_packer packer;
  msgpack_packer_init(&packer, &buffers[0], hft_buffer_write);
  transcript_pack(&packer, json_object_get(exchange, "request"), &names);
  frames[0] = (hft_frame){buffers[0].data, buffers[0].size};
  for (int i = 1; i < count; i++) {
    frames[i] = request_frame(json_array_get(buffers_json, (size_t)i - 1), &buffers[i]);
  }
  const hft_peer peer = {.size = 1, .id = {1}};
  hft_reply reply;
  bool answered = hft_service_handle(service, &peer, frames, count, 0, &reply);
  while (!answered) answered = hft_service_work(service, 0, &reply);
  return reply;
}

// ---- replies -----------------------------------------------------------------------------------
// A new session has the next name.
static void name_session(hft_frame header) {
  transcript_names none = {json_object(), NULL};
  json_t *map = transcript_map(header, &none);
  char name[32];
  snprintf(name, sizeof name, "$session%d", ++session_count);
  json_object_set(names.tokens, name, json_object_get(map, "session"));
  json_decref(map);
  json_decref(none.tokens);
}

static void keep_export(hft_frame save) {
  free(kept);
  kept = malloc(save.size);
  HFT_CHECK(kept != NULL);
  memcpy(kept, save.data, save.size);
  kept_size = save.size;
}

// Results, finals and whatever else a session's spec tells how to read.
static void add_arrays(json_t *frames, const hft_reply *reply, const json_t *request,
                       const json_t *header) {
  const char *kind = json_string_value(json_object_get(request, "kind"));
  const json_t *spec =
      json_object_get(names.specs, json_string_value(json_object_get(request, "session")));
  const json_t *results = json_object_get(json_object_get(spec, "results"), "arrays");
  int at = 1;
  json_int_t rows = json_integer_value(json_object_get(spec, "num_envs"));
  if (strcmp(kind, "load") == 0 || strcmp(kind, "fork") == 0) rows = 1;
  if (strcmp(kind, "recv") == 0) {
    rows = (json_int_t)(reply->frame[at].size / 4);
    json_array_append_new(frames, transcript_read_raw(reply->frame[at++], "envs", "i4"));
  }
  if (json_is_true(json_object_get(request, "envs"))) {
    rows = json_integer_value(json_object_get(request, "rows"));
  }
  json_array_append_new(frames, transcript_read_arrays(reply->frame[at++], results, rows));
  json_int_t ended = json_integer_value(json_object_get(header, "ended"));
  if (ended == 0) return;
  json_array_append_new(
      frames, transcript_read_arrays(reply->frame[at], json_object_get(spec, "finals"), ended));
}

static json_t *read_frames(const hft_reply *reply, const json_t *request, const json_t *header) {
  json_t *frames = json_array();
  if (reply->frame_count == 1) return frames;
  const char *kind = json_string_value(json_object_get(request, "kind"));
  if (strcmp(kind, "make") == 0) {
    json_t *spec = transcript_map(reply->frame[1], &names);
    json_object_set(names.specs, json_string_value(json_object_get(header, "session")), spec);
    json_array_append_new(frames, json_pack("{s:o}", "map", spec));
  } else if (strcmp(kind, "render") == 0) {
    json_array_append_new(frames,
                          json_pack("{s:o}", "map", transcript_map(reply->frame[1], &names)));
  } else if (strcmp(kind, "export") == 0) {
    keep_export(reply->frame[1]);
    json_array_append_new(frames, json_pack("{s:s}", "kept", "save"));
  } else {
    add_arrays(frames, reply, request, header);
  }
  return frames;
}

// How many envs a request is about: the first of its frames tells.
static void note_rows(json_t *request, const json_t *exchange) {
  const json_t *first = json_array_get(json_object_get(exchange, "frames"), 0);
  const json_t *values = json_object_get(json_object_get(first, "raw"), "values");
  json_object_set_new(request, "rows", json_integer((json_int_t)json_array_size(values)));
}

// The exchange with the reply as it is now.
static json_t *replay(hft_service *service, const json_t *exchange) {
  json_t *request = json_deep_copy(json_object_get(exchange, "request"));
  note_rows(request, exchange);
  const hft_reply reply = ask(service, exchange);
  if (reply.kind == HFT_WIRE_MAKE && reply.code == HFT_WIRE_OK) name_session(reply.frame[0]);
  json_t *header = transcript_map(reply.frame[0], &names);
  json_t *frames = read_frames(&reply, request, header);
  json_t *out = json_object();
  json_object_set(out, "request", json_object_get(exchange, "request"));
  if (json_object_get(exchange, "frames") != NULL) {
    json_object_set(out, "frames", json_object_get(exchange, "frames"));
  }
  json_object_set_new(out, "reply", header);
  if (json_array_size(frames) > 0) json_object_set(out, "reply_frames", frames);
  json_decref(frames);
  json_decref(request);
  hft_service_sent(service, &reply, HFT_DELIVERED, 0);  // which counts it
  return out;
}

// ---- the file ----------------------------------------------------------------------------------
// Compares a line, and writes it as it is now to `out`, which may be null. True where it is the
// same.
static bool replay_line(hft_service *service, const char *line, int number, FILE *out) {
  json_error_t error;
  json_t *exchange = json_loads(line, 0, &error);
  if (exchange == NULL) {
    fprintf(stderr, "line %d: %s\n", number, error.text);
    exit(1);
  }
  json_t *now = replay(service, exchange);
  char *text = json_dumps(now, JSON_REAL_PRECISION(17) | JSON_COMPACT);
  HFT_CHECK(text != NULL);
  bool same = strlen(text) == strcspn(line, "\n") && strncmp(text, line, strlen(text)) == 0;
  if (out != NULL) {
    fprintf(out, "%s\n", text);
  } else if (!same) {
    size_t at = 0;
    while (text[at] != '\0' && text[at] == line[at]) at++;
    size_t from = at > 60 ? at - 60 : 0;
    fprintf(stderr, "line %d differs at %zu:\n  was ...%.160s\n  is  ...%.160s\n", number, at,
            line + from, text + from);
  }
  free(text);
  json_decref(now);
  json_decref(exchange);
  return same;
}

int main(int argc, char **argv) {
  bool updates = argc == 3 && strcmp(argv[2], "--update") == 0;
  if (argc != 2 && !updates) {
    fprintf(stderr, "usage: %s transcript.jsonl [--update]\n", argv[0]);
    return 2;
  }
  FILE *in = fopen(argv[1], "r");
  char renewed[4096];
  snprintf(renewed, sizeof renewed, "%s.new", argv[1]);
  FILE *out = updates ? fopen(renewed, "w") : NULL;
  char *line = malloc(LINE_MAX_BYTES);
  if (in == NULL || line == NULL || (updates && out == NULL)) {
    perror(argv[1]);
    return 1;
  }
  names = (transcript_names){json_object(), json_object()};
  hft_service *service = open_service();
  int count = 0, different = 0;
  while (fgets(line, LINE_MAX_BYTES, in) != NULL) {
    different += !replay_line(service, line, ++count, out);
  }
  fclose(in);
  hft_service_free(service);
  json_decref(names.tokens);
  json_decref(names.specs);
  free(kept);
  free(line);
  printf("%d exchanges, %d %s\n", count, different, updates ? "renewed" : "different");
  if (updates) return fclose(out) == 0 && rename(renewed, argv[1]) == 0 ? 0 : 1;
  return count > 0 && different == 0 ? 0 : 1;
}
