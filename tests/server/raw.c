#include "tests/server/raw.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sim/base/dist.h"

#define GREETING 64  // bytes, of ZMTP 3.0
#define PIECES 12
#define PIECE_MAX 300

// READY of a DEALER: what ends the handshake without encryption.
static const char ready[] =
    "\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06"
    "DEALER";

// The beginnings of frames: of 2^63 - 1 bytes, of more than a frame may have, of a command, with
// flags that there are not, an empty one that others follow.
static const struct {
  const char *bytes;
  size_t size;
} heads[] = {{"\x02\x7f\xff\xff\xff\xff\xff\xff\xff", 9},
             {"\x02\x00\x00\x00\x00\x7f\xff\xff\xff", 9},
             {"\x04\x05\x04PING", 7},
             {"\xff\x03"
              "abc",
              5},
             {"\x01\x00", 2},
             {"\x00\xff", 2}};

void raw_storm_begin(raw_storm *self, uint64_t seed, const char *endpoint) {
  const char *port = strrchr(endpoint, ':') + 1;
  *self = (raw_storm){.rng = hft_rng_stream(seed, 0, 1), .port = (uint16_t)strtol(port, NULL, 10)};
}

static uint32_t draw(raw_storm *self, uint32_t bound) {
  return hft_bounded(&self->rng, bound);
}

static bool put(int file, const char *bytes, size_t size) {
  return size == 0 || send(file, bytes, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool put_random(raw_storm *self, int file) {
  char bytes[PIECE_MAX];
  uint32_t size = draw(self, PIECE_MAX);
  for (uint32_t i = 0; i < size; i++) bytes[i] = (char)hft_rng_u32(&self->rng);
  return put(file, bytes, size);
}

// A handshake, or a part of one, or one with a byte changed. True where it is whole.
static bool shake_hands(raw_storm *self, int file) {
  char bytes[GREETING + sizeof ready] = {(char)0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0};
  memcpy(bytes + 12, "NULL", 4);
  memcpy(bytes + GREETING, ready, sizeof ready - 1);
  uint32_t size = GREETING + sizeof ready - 1, kind = draw(self, 4);
  if (kind == 0) size = draw(self, size);
  uint32_t place = draw(self, GREETING + sizeof ready - 1);
  if (kind == 1) bytes[place] = (char)hft_rng_u32(&self->rng);
  return put(file, bytes, size) && kind > 0;
}

static bool put_piece(raw_storm *self, int file) {
  uint32_t which = draw(self, 12);
  if (which >= sizeof heads / sizeof heads[0]) return put_random(self, file);
  return put(file, heads[which].bytes, heads[which].size);
}

int raw_storm_strike(raw_storm *self) {
  int file = socket(AF_INET, SOCK_STREAM, 0), pieces = 0;
  if (file < 0) return 0;
  const struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(self->port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
  if (connect(file, (const struct sockaddr *)&address, sizeof address) == 0) {
    uint32_t count = draw(self, PIECES);
    bool open = draw(self, 4) == 0 || shake_hands(self, file);
    while (open && pieces < (int)count && put_piece(self, file)) pieces++;
  }
  // Every other connection ends with a reset.
  const struct linger reset = {.l_onoff = 1, .l_linger = 0};
  if (draw(self, 2) == 0) setsockopt(file, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(file);
  return pieces;
}
