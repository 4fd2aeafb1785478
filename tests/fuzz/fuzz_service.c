// Fuzzes the service: any requests of three clients to two sessions, of whatever order, with slices
// of work, expiry, lost replies and the end in between. Every request is answered once, to whom
// asked, with a reply that any reader can read; work ends; and all memory comes back.
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/pack.h"
#include "server/scan.h"
#include "server/service.h"
#include "sim/base/check.h"
#include "tests/support/server_world.h"

#define PEERS 3
#define SESSIONS 2
#define ENVS 3
#define OPERATIONS 48  // of an input at most

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The bytes of the input, then zeros.
typedef struct source {
  const uint8_t *data;
  size_t left;
} source;

typedef struct arena {
  hft_service *service;
  hft_time now;
  uint64_t asked[PEERS], answered[PEERS];
  uint64_t id[SESSIONS];
  char token[SESSIONS][HFT_WIRE_TOKEN_DIGITS + 1];
  size_t actions_bytes;
  void *save;  // the last one exported
  size_t save_bytes;
} arena;

static uint8_t draw(source *from) {
  if (from->left == 0) return 0;
  from->left--;
  return *from->data++;
}

static void keep_save(arena *self, const hft_frame *save) {
  free(self->save);
  self->save = malloc(save->size);
  HFT_CHECK(self->save != NULL);
  memcpy(self->save, save->data, save->size);
  self->save_bytes = save->size;
}

static void hear(arena *self, const hft_reply *reply) {
  HFT_CHECK(reply->peer->size == 1 && reply->peer->id[0] < PEERS);
  self->answered[reply->peer->id[0]]++;
  HFT_CHECK(self->answered[reply->peer->id[0]] <= self->asked[reply->peer->id[0]]);
  HFT_CHECK(reply->frame_count >= 1 && reply->frame_count <= HFT_REPLY_FRAMES_MAX);
  HFT_CHECK(hft_scan(reply->frame[0].data, reply->frame[0].size) == NULL);
  HFT_CHECK(reply->code == HFT_WIRE_OK || reply->frame_count == 1);
  for (int i = 0; i < reply->frame_count; i++) {
    HFT_CHECK(reply->frame[i].size > 0);
    volatile uint8_t last = ((const uint8_t *)reply->frame[i].data)[reply->frame[i].size - 1];
    (void)last;
  }
  if (reply->kind == HFT_WIRE_EXPORT && reply->code == HFT_WIRE_OK) {
    keep_save(self, &reply->frame[1]);
  }
}

static void work(arena *self) {
  hft_reply reply;
  if (hft_service_work(self->service, self->now, &reply)) hear(self, &reply);
}

static void ask(arena *self, int peer, const hft_frame *frames, int count, uint8_t fate) {
  const hft_peer from = {.size = 1, .id = {(uint8_t)peer}};
  hft_reply reply;
  self->asked[peer]++;
  if (!hft_service_handle(self->service, &from, frames, count, self->now, &reply)) return;
  hear(self, &reply);
  hft_service_sent(self->service, &reply, (hft_delivery)(fate % 3), 1);
}

// A number that is mostly one that might do.
static uint64_t any_number(source *from) {
  uint8_t byte = draw(from);
  return byte == 255 ? UINT64_MAX : byte % (ENVS + 2);
}

static hft_wire_kind pack_request(arena *self, source *from, hft_buffer *header, int session) {
  static const char *const numbers[] = {"env", "save", "from", "to", "least", "room", "levels"};
  static const char *const flags[] = {"envs", "mask", "seeds"};
  uint8_t kind = draw(from), choice = draw(from);
  self->id[session] += (choice & 7) != 0;  // else it is a retry, or stale
  msgpack_packer packer = hft_pack_map(header, 3 + 7 + 3 + 1);
  hft_pack_uint_pair(&packer, "id", self->id[session]);
  hft_pack_text_pair(&packer, "kind",
                     hft_wire_kind_name((hft_wire_kind)(kind % HFT_WIRE_KIND_COUNT)));
  hft_pack_text_pair(&packer, "session", self->token[session]);
  for (int i = 0; i < 7; i++) hft_pack_uint_pair(&packer, numbers[i], any_number(from));
  for (int i = 0; i < 3; i++) {
    hft_pack_text(&packer, flags[i]);
    if ((choice >> (3 + i) & 1) != 0) {
      msgpack_pack_true(&packer);
    } else {
      msgpack_pack_false(&packer);
    }
  }
  hft_pack_uint_pair(&packer, "num_envs", any_number(from));
  return (hft_wire_kind)(kind % HFT_WIRE_KIND_COUNT);
}

// The last export, whole or with another byte, which is then refused.
static void ask_import(arena *self, source *from, int peer, const hft_frame *header) {
  uint8_t change = draw(from);
  uint8_t *byte =
      (uint8_t *)self->save + (draw(from) * (size_t)977 + draw(from)) % self->save_bytes;
  *byte ^= change;
  hft_frame frames[2] = {*header, {self->save, self->save_bytes}};
  ask(self, peer, frames, 2, 0);
  *byte ^= change;
}

// Actions, indices, seeds or a mask, of about the right size.
static size_t fill(const arena *self, source *from, uint8_t *bytes, size_t room) {
  const size_t sizes[] = {0, ENVS, 4, 8, 12, 24, 64, 128, self->actions_bytes};
  size_t size = sizes[draw(from) % 9];
  HFT_CHECK(size <= room);
  memset(bytes, 0, size);
  for (size_t i = 0; i < size && i < 12; i += 4) bytes[i] = draw(from) % (ENVS + 1);
  return size;
}

static void ask_anything(arena *self, source *from, uint8_t operation) {
  static hft_buffer header;
  uint8_t bytes[3][1024];
  hft_frame frames[4];
  hft_wire_kind kind = pack_request(self, from, &header, operation / PEERS % SESSIONS);
  frames[0] = (hft_frame){header.data, header.size};
  if (kind == HFT_WIRE_IMPORT && self->save != NULL) {
    ask_import(self, from, operation % PEERS, &frames[0]);
    return;
  }
  int count = 1 + draw(from) % 4;
  for (int i = 1; i < count; i++) {
    frames[i] = (hft_frame){bytes[i - 1], fill(self, from, bytes[i - 1], sizeof bytes[0])};
  }
  ask(self, operation % PEERS, frames, count, draw(from));
}

static void operate(arena *self, source *from) {
  uint8_t operation = draw(from);
  switch (operation >> 5) {
    case 0:
    case 1:
      work(self);
      break;
    case 2:
      self->now += (hft_time)(operation & 31) * HFT_SECOND;
      hft_service_expire(self->service, self->now);
      break;
    default:
      ask_anything(self, from, operation);
  }
}

// The token of a session, as the reply to `make` has it.
static void take_token(const hft_reply *reply, char *token) {
  static const char key[] = "\xa7session\xd9\x20";
  const char *header = reply->frame[0].data;
  for (size_t i = 0; i + sizeof key - 1 + HFT_WIRE_TOKEN_DIGITS <= reply->frame[0].size; i++) {
    if (memcmp(header + i, key, sizeof key - 1) != 0) continue;
    memcpy(token, header + i + sizeof key - 1, HFT_WIRE_TOKEN_DIGITS);
    token[HFT_WIRE_TOKEN_DIGITS] = '\0';
    return;
  }
  HFT_CHECK(false);
}

// A session whose steps take a minute each, so that a slice is one env's, in a market without a
// crowd, so that it is short.
static void make(arena *self, int session) {
  static hft_buffer header;
  static const char config[] =
      "market_config: {decision_ms: 60000}\n"
      "populations: []\n";
  const hft_peer from = {.size = 1, .id = {0}};
  self->id[session] = 1;
  msgpack_packer packer = hft_pack_map(&header, 3);
  hft_pack_uint_pair(&packer, "id", 1);
  hft_pack_text_pair(&packer, "kind", "make");
  hft_pack_uint_pair(&packer, "num_envs", ENVS);
  const hft_frame frames[] = {{header.data, header.size}, {config, sizeof config - 1}};
  hft_reply reply;
  bool answered = hft_service_handle(self->service, &from, frames, 2, 0, &reply);
  while (!answered) answered = hft_service_work(self->service, 0, &reply);
  HFT_CHECK(reply.code == HFT_WIRE_OK);
  take_token(&reply, self->token[session]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  source from = {data, size};
  arena self = {.actions_bytes = 2 * 64};  // two roles of one seat
  hft_service_config config = world_service_config(1 + draw(&from) % 2);
  config.rate_max = 1 + draw(&from);
  HFT_CHECK(hft_service_create(&config, &self.service, NULL) == HFT_OK);
  for (int i = 0; i < SESSIONS; i++) make(&self, i);
  for (int k = 0; k < OPERATIONS && from.left > 0; k++) operate(&self, &from);
  bool drains = draw(&from) % 2 == 1;
  if (drains) hft_service_stop(self.service, HFT_TIME_NEVER);
  for (int k = 0; hft_service_unanswered(self.service) > 0; k++) {
    HFT_CHECK(k < 100000);
    work(&self);
  }
  for (int i = 0; i < PEERS; i++) HFT_CHECK(self.answered[i] == self.asked[i]);
  hft_service_expire(self.service, self.now + 1000 * HFT_SECOND);
  HFT_CHECK(hft_service_session_count(self.service) == 0);
  HFT_CHECK(hft_service_env_count(self.service) == 0);
  HFT_CHECK(hft_service_memory_used(self.service) == 0);

  hft_service_free(self.service);
  free(self.save);
  return 0;
}
