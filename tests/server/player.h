// A client that talks to a service directly, without a socket.
#ifndef HFTSIM_TESTS_SERVER_PLAYER_H
#define HFTSIM_TESTS_SERVER_PLAYER_H

#include "server/service.h"
#include "tests/server/message.h"

#define PLAYER_ENVS_MAX 64

typedef struct test_player {
  hft_service *service;
  hft_time now;
  uint64_t id;  // of the last request
  char token[HFT_WIRE_TOKEN_DIGITS + 1];
  hft_buffer request;  // the header to send
  hft_reply reply;
  char code[32], where[160], text[320];  // of the last error; "" where there was none
  double retry_after;                    // the same; 0: not told
  int env_count;
  size_t actions_size, results_size;
  float *actions;  // [actions_size]
} test_player;

// Sends the header in player->request with up to one buffer (null: none), and reads the reply's
// header. Fails the test where the reply is not a header with the request's id (`id`) and its kind
// or an error. Returns true unless it is an error.
bool player_send(test_player *player, uint64_t id, const void *buffer, size_t size);

// As player_send with any frames, the header first.
bool player_send_frames(test_player *player, uint64_t id, const hft_frame *frames, int frame_count);

// The two halves of player_send_frames. What takes more than a slice is worked on until it is done.
void player_ask(test_player *player, const hft_frame *frames, int frame_count);
bool player_read(test_player *player, uint64_t id);

// Fails the test unless the last reply is this error.
void player_assert_error(const test_player *player, const char *code, const char *where);

// Makes a session of `env_count` envs in the config "small".
void player_make(test_player *player, hft_service *service, int env_count, uint64_t seed);
bool player_reset(test_player *player, const uint64_t *seed);
// Steps with actions that follow from the step's number alone; the id is given, or the next for 0.
bool player_step(test_player *player, uint64_t id);
void player_close(test_player *player);
void player_free(test_player *player);

// A digest of all frames of the last reply but its header.
uint64_t player_hash(const test_player *player);

#endif
