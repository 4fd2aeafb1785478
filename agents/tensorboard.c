#include "agents/tensorboard.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define ATTEMPTS_MAX 1000
#define EVENT_BYTES 64  // of an event without its summary, and of a value without its tag

struct hft_tensorboard {
  FILE *file;
  char *path;
  unsigned char *bytes;  // of the event being written
  size_t room;
};

// ---- CRC32C ------------------------------------------------------------------------------------

uint32_t hft_crc32c(const void *bytes, size_t size) {
  const unsigned char *at = bytes;
  uint32_t crc = 0xffffffffU;
  for (size_t i = 0; i < size; i++) {
    crc ^= at[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0x82f63b78U & (0U - (crc & 1)));
  }
  return ~crc;
}

static uint32_t masked_crc(const void *bytes, size_t size) {
  uint32_t crc = hft_crc32c(bytes, size);
  return (crc >> 15 | crc << 17) + 0xa282ead8U;
}

// ---- protobuf ----------------------------------------------------------------------------------

// Wire types of a field.
enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static unsigned char *put_varint(unsigned char *at, uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = (unsigned char)(value | 0x80);
  *at++ = (unsigned char)value;
  return at;
}

static unsigned char *put_little(unsigned char *at, uint64_t value, int bytes) {
  for (int i = 0; i < bytes; i++) *at++ = (unsigned char)(value >> (8 * i));
  return at;
}

static unsigned char *put_key(unsigned char *at, int field, int type) {
  return put_varint(at, (uint64_t)field << 3 | (uint64_t)type);
}

static unsigned char *put_double(unsigned char *at, int field, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return put_little(put_key(at, field, FIXED64), bits, 8);
}

static unsigned char *put_float(unsigned char *at, int field, float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return put_little(put_key(at, field, FIXED32), bits, 4);
}

static unsigned char *put_bytes(unsigned char *at, int field, const void *bytes, size_t size) {
  at = put_varint(put_key(at, field, BYTES), size);
  if (size > 0) memcpy(at, bytes, size);
  return at + size;
}

// ---- records -----------------------------------------------------------------------------------

static hft_status fail_write(const hft_tensorboard *board, hft_error *error) {
  return hft_fail(error, HFT_EIO, board->path, "cannot write: %s", strerror(errno));
}

// Writes a record in one piece.
static hft_status write_record(hft_tensorboard *board, const unsigned char *data, size_t size,
                               hft_error *error) {
  unsigned char head[12], tail[4];
  put_little(put_little(head, size, 8), 0, 4);
  put_little(head + 8, masked_crc(head, 8), 4);
  put_little(tail, masked_crc(data, size), 4);
  bool written = fwrite(head, sizeof head, 1, board->file) == 1 &&
                 fwrite(data, size, 1, board->file) == 1 &&
                 fwrite(tail, sizeof tail, 1, board->file) == 1 && fflush(board->file) == 0;
  return written ? HFT_OK : fail_write(board, error);
}

static unsigned char *begin_event(unsigned char *at, int64_t step) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  at = put_double(at, 1, (double)now.tv_sec + 1e-9 * (double)now.tv_nsec);
  return put_varint(put_key(at, 2, VARINT), (uint64_t)step);
}

static hft_status reserve(hft_tensorboard *board, size_t size, hft_error *error) {
  if (size <= board->room) return HFT_OK;
  unsigned char *bytes = realloc(board->bytes, size);
  if (bytes == NULL) return hft_fail(error, HFT_ENOMEM, board->path, "out of memory");
  board->bytes = bytes;
  board->room = size;
  return HFT_OK;
}

hft_status hft_tensorboard_write(hft_tensorboard *board, int64_t step, const char *const *tag,
                                 const double *value, int count, hft_error *error) {
  const size_t value_size = HFT_TENSORBOARD_TAG_MAX + EVENT_BYTES;
  size_t summary_size = (size_t)count * value_size;
  hft_status status = reserve(board, 2 * summary_size + EVENT_BYTES, error);
  if (status != HFT_OK) return status;
  // The summary is laid out behind the event, whose length field needs its size.
  unsigned char *summary = board->bytes + summary_size + EVENT_BYTES, *end = summary;
  for (int i = 0; i < count; i++) {
    unsigned char one[HFT_TENSORBOARD_TAG_MAX + EVENT_BYTES];
    size_t length = strlen(tag[i]);
    if (!isfinite(value[i]) || length >= HFT_TENSORBOARD_TAG_MAX) continue;
    unsigned char *one_end = put_float(put_bytes(one, 1, tag[i], length), 2, (float)value[i]);
    end = put_bytes(end, 1, one, (size_t)(one_end - one));
  }
  if (end == summary) return HFT_OK;
  unsigned char *at = begin_event(board->bytes, step);
  at = put_bytes(at, 5, summary, (size_t)(end - summary));
  return write_record(board, board->bytes, (size_t)(at - board->bytes), error);
}

// ---- the file ----------------------------------------------------------------------------------

static hft_status create(hft_tensorboard *board, const char *folder, hft_error *error) {
  size_t size = strlen(folder) + 96;
  board->path = malloc(size);
  if (board->path == NULL) return hft_fail(error, HFT_ENOMEM, folder, "out of memory");
  for (int k = 0; k < ATTEMPTS_MAX && board->file == NULL; k++) {
    snprintf(board->path, size, "%s/events.out.tfevents.%010lld.hftsim.%ld.%d", folder,
             (long long)time(NULL), (long)getpid(), k);
    board->file = fopen(board->path, "wxe");
    if (board->file == NULL && errno != EEXIST) break;
  }
  if (board->file != NULL) return HFT_OK;
  return hft_fail(error, HFT_EIO, board->path, "cannot create: %s", strerror(errno));
}

static hft_status write_version(hft_tensorboard *board, hft_error *error) {
  static const char version[] = "brain.Event:2";
  unsigned char event[2 * EVENT_BYTES];
  unsigned char *end = put_bytes(begin_event(event, 0), 3, version, sizeof version - 1);
  return write_record(board, event, (size_t)(end - event), error);
}

hft_status hft_tensorboard_open(const char *folder, hft_tensorboard **out, hft_error *error) {
  *out = NULL;
  hft_tensorboard *board = calloc(1, sizeof *board);
  if (board == NULL) return hft_fail(error, HFT_ENOMEM, folder, "out of memory");
  hft_status status = create(board, folder, error);
  if (status == HFT_OK) status = write_version(board, error);
  if (status != HFT_OK) {
    hft_tensorboard_close(board);
    return status;
  }
  *out = board;
  return HFT_OK;
}

void hft_tensorboard_close(hft_tensorboard *board) {
  if (board == NULL) return;
  if (board->file != NULL) (void)fclose(board->file);
  free(board->path);
  free(board->bytes);
  free(board);
}
