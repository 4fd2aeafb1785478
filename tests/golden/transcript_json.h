// Messages of the protocol as JSON: how a transcript holds them (docs/protocol.md, "A transcript").
#ifndef HFTSIM_TESTS_GOLDEN_TRANSCRIPT_JSON_H
#define HFTSIM_TESTS_GOLDEN_TRANSCRIPT_JSON_H

#include <jansson.h>
#include <msgpack.h>

#include "server/wire.h"

#define TRANSCRIPT_ANY "$any"  // stands for a value that is another in each run

// What the names in a transcript stand for: sessions' tokens, exported saves; and the layouts of
// sessions. All are JSON objects.
typedef struct transcript_names {
  json_t *tokens;  // "$session1": a token
  json_t *specs;   // the same: the spec
} transcript_names;

// JSON to MessagePack; texts that are names become what they stand for.
void transcript_pack(msgpack_packer *packer, const json_t *value, const transcript_names *names);
// MessagePack to JSON; values of keys that are another in each run become TRANSCRIPT_ANY.
json_t *transcript_json(const msgpack_object *value, const transcript_names *names);
json_t *transcript_map(hft_frame frame, const transcript_names *names);

// The bytes of {"buffer": [arrays]}, padded, or {"raw": array}, as the protocol lays them out.
void transcript_write_arrays(hft_buffer *out, const json_t *frame);
// The arrays of a spec's layout with so many rows (-1: as many as it has), in a frame.
json_t *transcript_read_arrays(hft_frame frame, const json_t *arrays, json_int_t rows);
// {"raw": array} of all of a frame.
json_t *transcript_read_raw(hft_frame frame, const char *name, const char *dtype);

#endif
