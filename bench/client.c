#include "bench/client.h"

#include <inttypes.h>
#include <msgpack.h>
#include <stdio.h>
#include <string.h>

// A header under construction: a map in a buffer large enough for all requests here.
typedef struct header {
  hft_bench_client *client;
  msgpack_packer packer;
} header;

static int append(void *context, const char *bytes, size_t size) {
  hft_bench_client *client = context;
  if (size > sizeof client->header - client->header_size) return -1;
  memcpy(client->header + client->header_size, bytes, size);
  client->header_size += size;
  return 0;
}

static void put_text(header *to, const char *text) {
  msgpack_pack_str_with_body(&to->packer, text, strlen(text));
}

static void put_uint(header *to, const char *key, uint64_t value) {
  put_text(to, key);
  msgpack_pack_uint64(&to->packer, value);
}

// Begins the header of the next request, with `more` pairs after id, kind and, once a session is
// open, session.
static header begin(hft_bench_client *client, const char *kind, size_t more) {
  header made = {.client = client};
  bool has_session = client->token[0] != '\0';
  client->header_size = 0;
  msgpack_packer_init(&made.packer, client, append);
  msgpack_pack_map(&made.packer, 2 + has_session + more);
  put_uint(&made, "id", ++client->id);
  put_text(&made, "kind");
  put_text(&made, kind);
  if (has_session) {
    put_text(&made, "session");
    put_text(&made, client->token);
  }
  return made;
}

static const msgpack_object *get(const msgpack_object *map, const char *key) {
  for (uint32_t i = 0; i < map->via.map.size; i++) {
    const msgpack_object *name = &map->via.map.ptr[i].key;
    if (name->type == MSGPACK_OBJECT_STR && name->via.str.size == strlen(key) &&
        memcmp(name->via.str.ptr, key, strlen(key)) == 0) {
      return &map->via.map.ptr[i].val;
    }
  }
  return NULL;
}

static void copy_text(const msgpack_object *map, const char *key, char *text, size_t size) {
  const msgpack_object *value = get(map, key);
  text[0] = '\0';
  if (value == NULL || value->type != MSGPACK_OBJECT_STR) return;
  snprintf(text, size, "%.*s", (int)value->via.str.size, value->via.str.ptr);
}

static hft_status check_reply(hft_bench_client *client, const msgpack_object *reply,
                              const char *kind, hft_error *error) {
  char text[256];
  const msgpack_object *id = get(reply, "id");
  copy_text(reply, "kind", text, sizeof text);
  if (strcmp(text, "error") == 0) {
    copy_text(reply, "message", text, sizeof text);
    return hft_fail(error, HFT_EIO, kind, "the server returned an error: %s", text);
  }
  if (strcmp(text, kind) != 0 || id == NULL || id->type != MSGPACK_OBJECT_POSITIVE_INTEGER ||
      id->via.u64 != client->id) {
    return hft_fail(error, HFT_EIO, kind, "the reply does not match request %" PRIu64, client->id);
  }
  if (strcmp(kind, "make") == 0) copy_text(reply, "session", client->token, sizeof client->token);
  return HFT_OK;
}

// Sends the current header, followed by a frame of `size` bytes, which may be 0, unless `buffer` is
// null; reads the reply.
static hft_status request(hft_bench_client *client, const char *kind, const void *buffer,
                          size_t size, hft_error *error) {
  hft_dealer *dealer = &client->dealer;
  bool more = buffer != NULL;
  hft_status status = hft_dealer_send(dealer, client->header, client->header_size, more, error);
  if (status == HFT_OK && more) status = hft_dealer_send(dealer, buffer, size, false, error);
  if (status == HFT_OK) status = hft_dealer_receive(dealer, error);
  if (status != HFT_OK) return status;
  msgpack_unpacked reply;
  msgpack_unpacked_init(&reply);
  size_t offset = 0;
  if (msgpack_unpack_next(&reply, zmq_msg_data(&dealer->frame[0]), zmq_msg_size(&dealer->frame[0]),
                          &offset) == MSGPACK_UNPACK_SUCCESS &&
      reply.data.type == MSGPACK_OBJECT_MAP) {
    status = check_reply(client, &reply.data, kind, error);
  } else {
    status = hft_fail(error, HFT_EIO, kind, "the reply's header is not a map");
  }
  msgpack_unpacked_destroy(&reply);
  return status;
}

hft_status hft_bench_client_open(hft_bench_client *client, void *context, const char *endpoint,
                                 int env_count, uint64_t seed, hft_error *error) {
  hft_status status = hft_dealer_open(&client->dealer, context, endpoint, error);
  if (status != HFT_OK) return status;
  header make = begin(client, "make", 1);
  put_uint(&make, "num_envs", (uint64_t)env_count);
  status = request(client, "make", NULL, 0, error);
  if (status != HFT_OK) return status;
  header reset = begin(client, "reset", 1);
  put_uint(&reset, "seed", seed);
  return request(client, "reset", NULL, 0, error);
}

void hft_bench_client_close(hft_bench_client *client) {
  if (client->token[0] != '\0') {
    begin(client, "close", 0);
    (void)request(client, "close", NULL, 0, NULL);  // if this fails, the session expires
  }
  hft_dealer_close(&client->dealer);
}

hft_status hft_bench_client_step(hft_bench_client *client, const void *actions, size_t size,
                                 hft_error *error) {
  begin(client, "step", 0);
  return request(client, "step", actions, size, error);
}

const void *hft_bench_client_results(hft_bench_client *client, size_t *size) {
  hft_dealer *dealer = &client->dealer;
  *size = dealer->frame_count > 1 ? zmq_msg_size(&dealer->frame[1]) : 0;
  return *size > 0 ? zmq_msg_data(&dealer->frame[1]) : NULL;
}
