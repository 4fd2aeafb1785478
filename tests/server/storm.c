#include "tests/server/storm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/dist.h"
#include "tests/server/message.h"
#include "tests/support/check.h"

#define ROOM (1 << 18)  // bytes of the frames after a header
#define LARGE 70000     // bytes of a frame that is larger than any it may be

static uint32_t draw(storm *self, uint32_t bound) {
  return hft_bounded(&self->rng, bound);
}

static bool once_in(storm *self, uint32_t times) {
  return draw(self, times) == 0;
}

void storm_begin(storm *self, uint64_t seed) {
  *self = (storm){.rng = hft_rng_stream(seed, 0, 0)};
  self->bytes = malloc(ROOM);
  assert_non_null(self->bytes);
}

void storm_end(storm *self) {
  hft_buffer_free(&self->header);
  free(self->bytes);
  *self = (storm){0};
}

// ---- frames ------------------------------------------------------------------------------------
static void add_frame(storm *self, const void *bytes, size_t size) {
  if (self->frame_count == STORM_FRAMES_MAX || size > ROOM - self->used) return;
  char *at = self->bytes + self->used;
  if (size > 0) memcpy(at, bytes, size);
  self->used += size;
  self->frame[self->frame_count++] = (hft_frame){at, size};
}

static void add_random(storm *self, size_t size) {
  if (self->frame_count == STORM_FRAMES_MAX || size > ROOM - self->used) return;
  char *at = self->bytes + self->used;
  for (size_t i = 0; i < size; i++) at[i] = (char)hft_rng_u32(&self->rng);
  self->used += size;
  self->frame[self->frame_count++] = (hft_frame){at, size};
}

// Indices, most often of one env of its session or of both.
static void add_envs(storm *self) {
  int32_t first = (int32_t)draw(self, 2), envs[3] = {first, 1 - first, 1};
  uint32_t wrong = draw(self, 16), count = 1 + draw(self, once_in(self, 8) ? 3 : 2);
  if (wrong < 2) envs[wrong] = (int32_t)hft_rng_u32(&self->rng);
  add_frame(self, envs, count * sizeof envs[0]);
}

static void add_actions(storm *self) {
  float actions[64] = {0};
  for (size_t i = 0; i < 64; i++) actions[i] = (float)draw(self, 21) / 10.0F - 1.0F;
  uint32_t wrong = draw(self, 32);
  if (wrong < 4) actions[wrong] = wrong % 2 == 0 ? (float)NAN : (float)INFINITY;
  size_t size = self->actions_size > 0 && self->actions_size <= sizeof actions ? self->actions_size
                                                                               : sizeof actions;
  add_frame(self, actions, size);
}

// ---- requests ----------------------------------------------------------------------------------
// Draws a session's token: its own, most often; one that is almost its own, or none at all.
static void draw_token(storm *self) {
  bool has_one = self->token[0] != '\0';
  const char *from = has_one ? self->token : "0123456789abcdef0123456789abcdef";
  memcpy(self->asked_token, from, sizeof self->asked_token);
  if (has_one && !once_in(self, 12)) return;
  uint32_t place = draw(self, HFT_WIRE_TOKEN_DIGITS);
  self->asked_token[place] ^= (char)(1 + draw(self, 15));  // always another, whatever it is
}

// An id: the next one, most often.
static uint64_t next_id(storm *self) {
  switch (draw(self, 24)) {
    case 0:
      return self->id;
    case 1:
      return draw(self, 100);
    case 2:
      return hft_rng_u64(&self->rng);
    default:
      return ++self->id;
  }
}

static void ask_plain(storm *self, const char *kind) {
  message_pack(&self->header, "{3su ss ss", "id", self->asked_id, "kind", kind, "session",
               self->asked_token);
}

static void ask_number(storm *self, const char *kind, const char *key, uint64_t value) {
  message_pack(&self->header, "{4su ss ss su", "id", self->asked_id, "kind", kind, "session",
               self->asked_token, key, value);
}

static void ask_hello(storm *self) {
  uint64_t version = 1 + draw(self, 2);
  message_pack(&self->header, "{4su ss s[2uu ss", "id", self->asked_id, "kind", "hello", "protocol",
               version, version, "client", "storm");
}

static void ask_make(storm *self) {
  static const char *const texts[] = {"env_config: {episode_len: 3}\n",
                                      "env_config: {episode_len: -3}\n", "seats: [{kind: judge}]",
                                      "a: &a [*a]\n", "market_config: {tick_size: .inf}"};
  static const char *const paths[] = {"env_config.episode_len", "env_config.episode_length",
                                      "market_config.volatility", "populations.noise"};
  const char *reset = hft_autoreset_name((hft_autoreset)draw(self, HFT_AUTORESET_COUNT)),
             *text = texts[draw(self, 5)], *path = paths[draw(self, 4)],
             *name = once_in(self, 8) ? "smal" : "small";
  uint64_t count = once_in(self, 6) ? hft_rng_u64(&self->rng) : STORM_ENVS;
  double value = (double)draw(self, 9) - 2.0;
  switch (draw(self, 4)) {
    case 0:
      message_pack(&self->header, "{5su ss su s{1sf ss", "id", self->asked_id, "kind", "make",
                   "num_envs", count, "overrides", path, value, "autoreset", reset);
      break;
    case 1:
      message_pack(&self->header, "{3su ss su", "id", self->asked_id, "kind", "make", "num_envs",
                   count);
      add_frame(self, text, strlen(text));
      break;
    default:
      message_pack(&self->header, "{5su ss su ss ss", "id", self->asked_id, "kind", "make",
                   "num_envs", count, "config", name, "autoreset", reset);
  }
}

static void ask_reset(storm *self) {
  const uint64_t seeds[STORM_ENVS + 1] = {draw(self, 9), 1, UINT64_MAX};
  const uint8_t mask[STORM_ENVS] = {(uint8_t)draw(self, 2), 1};
  switch (draw(self, 4)) {
    case 0:
      message_pack(&self->header, "{4su ss ss sb", "id", self->asked_id, "kind", "reset", "session",
                   self->asked_token, "mask", 1);
      add_frame(self, mask, sizeof mask - (size_t)once_in(self, 8));
      break;
    case 1:
      message_pack(&self->header, "{5su ss ss sb sb", "id", self->asked_id, "kind", "reset",
                   "session", self->asked_token, "envs", 1, "seeds", 1);
      add_envs(self);
      add_frame(self, seeds, self->frame[0].size * 2);
      break;
    default:
      ask_number(self, "reset", "seed", draw(self, 9));
  }
}

static void ask_step(storm *self) {
  if (once_in(self, 2)) {
    ask_plain(self, "step");
  } else {
    message_pack(&self->header, "{4su ss ss sb", "id", self->asked_id, "kind", "step", "session",
                 self->asked_token, "envs", 1);
    add_envs(self);
  }
  add_actions(self);
}

static void ask_send(storm *self) {
  ask_plain(self, "send");
  add_envs(self);
  add_actions(self);
}

static void ask_pair(storm *self, const char *kind, const char *first_key, uint64_t first,
                     const char *second_key, uint64_t second) {
  message_pack(&self->header, "{5su ss ss su su", "id", self->asked_id, "kind", kind, "session",
               self->asked_token, first_key, first, second_key, second);
}

static void ask_others(storm *self) {
  uint64_t env = draw(self, 3), save = draw(self, 20);
  switch (draw(self, 13)) {
    case 0:
      ask_number(self, "recv", "least", 1 + env);
      return;
    case 1:
      ask_number(self, "save", "env", env);
      return;
    case 2:
      ask_pair(self, "load", "env", env, "save", save);
      return;
    case 3:
      ask_pair(self, "fork", "from", env, "to", save % STORM_ENVS);
      return;
    case 4:
      ask_number(self, "drop", "save", save);
      return;
    case 5:
      ask_plain(self, save % 4 == 0 ? "close" : "ping");
      return;
    case 6:
      ask_plain(self, save % 2 == 0 ? "stop" : "shutdown");
      return;
    case 7:
      ask_pair(self, "render", "env", env, "levels", 5 * save);
      return;
    case 8:
      ask_plain(self, "stats");
      return;
    case 9:
      ask_number(self, "export", "save", save);
      return;
    case 10:
      ask_plain(self, "import");
      add_random(self, draw(self, 256));
      return;
    default:
      ask_hello(self);
  }
}

static void ask(storm *self) {
  uint32_t which = draw(self, 100);
  self->asked_id = next_id(self);
  draw_token(self);
  if (which < 2 || (which < 10 && self->token[0] == '\0')) {
    if (once_in(self, 8)) self->token[0] = '\0';  // it is left to expire
    ask_make(self);
  } else if (which < 20) {
    ask_reset(self);
  } else if (which < 40) {
    ask_step(self);
  } else if (which < 50) {
    ask_send(self);
  } else {
    ask_others(self);
  }
}

// ---- what is done to them ----------------------------------------------------------------------
// Headers that announce more than there is, or more than there may be.
static void ask_bomb(storm *self) {
  static const char *const bombs[] = {"\xdd\x0f\xff\xff\xff", "\xdf\xff\xff\xff\xff",
                                      "\xdb\x7f\xff\xff\xff", "\xc6\xff\xff\xff\xff",
                                      "\x81\xa2id\xdd\xff\xff\xff\xff"};
  char bytes[HFT_WIRE_HEADER_MAX + 1];
  uint32_t which = draw(self, 7);
  size_t size = sizeof bytes;
  if (which < 5) {
    size = strlen(bombs[which]);
    memcpy(bytes, bombs[which], size);
  } else {
    memset(bytes, which == 5 ? 0x91 : 0x81, sizeof bytes);  // nested arrays, or maps
    size -= draw(self, 100);
  }
  hft_buffer_reserve(&self->header, size);
  hft_buffer_write(&self->header, bytes, size);
}

// Copies all frames to where they may be changed, the header among them.
static char *frame_bytes(storm *self, int index) {
  hft_frame *frame = &self->frame[index];
  char *at = self->bytes + self->used;
  if (frame->size == 0 || frame->size > ROOM - self->used) return NULL;
  memcpy(at, frame->data, frame->size);
  self->used += frame->size;
  frame->data = at;
  return at;
}

static void change_bytes(storm *self, int index) {
  char *bytes = frame_bytes(self, index);
  for (uint32_t i = 0; bytes != NULL && i <= draw(self, 6); i++) {
    uint32_t place = draw(self, (uint32_t)self->frame[index].size);
    bytes[place] ^= (char)(1 + draw(self, 255));
  }
}

static void spoil(storm *self) {
  int index = once_in(self, 3) ? (int)draw(self, (uint32_t)self->frame_count) : 0;
  int other = (int)draw(self, (uint32_t)self->frame_count);
  hft_frame *frame = &self->frame[index], kept = *frame;
  switch (draw(self, 8)) {
    case 0:  // cut
      frame->size = frame->size > 0 ? draw(self, (uint32_t)frame->size) : 0;
      return;
    case 1:
    case 2:
      change_bytes(self, index);
      return;
    case 3:  // in another order
      *frame = self->frame[other];
      self->frame[other] = kept;
      return;
    case 4:  // one lost
      for (int i = index; i + 1 < self->frame_count; i++) self->frame[i] = self->frame[i + 1];
      if (self->frame_count > 1) self->frame_count--;
      return;
    case 5:  // too many
      while (self->frame_count < STORM_FRAMES_MAX && !once_in(self, 4)) {
        self->frame[self->frame_count++] = kept;
      }
      return;
    case 6:  // too large
      if (once_in(self, 20)) add_random(self, LARGE);
      return;
    default:
      add_random(self, draw(self, 40));
  }
}

static void make_noise(storm *self) {
  for (uint32_t i = 0; i <= draw(self, 5); i++) {
    add_random(self, draw(self, once_in(self, 8) ? 5000 : 40));
  }
}

void storm_next(storm *self) {
  self->frame_count = 0;
  self->used = 0;
  uint32_t which = draw(self, 10);
  if (which == 0) {
    make_noise(self);
    return;
  }
  if (which == 1) {
    ask_bomb(self);
  } else {
    ask(self);
  }
  // The header comes first, before what was added.
  for (int i = self->frame_count; i > 0; i--) self->frame[i] = self->frame[i - 1];
  self->frame[0] = message_frame(&self->header);
  self->frame_count++;
  if (which >= 6) spoil(self);
}

void storm_hear(storm *self, const hft_frame *frames, int frame_count) {
  if (frame_count != 2) return;
  msgpack_unpacked header, spec;
  message_read(frames[0].data, frames[0].size, &header);
  if (message_is(&header.data, "kind", "make")) {
    message_read(frames[1].data, frames[1].size, &spec);
    message_text(&header.data, "session", self->token, sizeof self->token);
    self->actions_size = (size_t)message_uint(message_get(&spec.data, "actions"), "bytes");
    msgpack_unpacked_destroy(&spec);
  }
  msgpack_unpacked_destroy(&header);
}
