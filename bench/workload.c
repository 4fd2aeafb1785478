#include "bench/workload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "sim/book/book.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "workloads are read without conversion, which requires a little-endian machine"
#endif

typedef struct header {
  char magic[8];
  uint32_t prefill_count, timed_count, id_max, price_max;
} header;

_Static_assert(sizeof(header) == 24, "the header must have the file's layout");
_Static_assert(sizeof(hft_message) == 16, "a message must have the file's layout");

static const char magic[8] = "OBMSG01";

static hft_status check_header(const header *head, const char *path, hft_error *error) {
  if (memcmp(head->magic, magic, sizeof magic) != 0) {
    return hft_fail(error, HFT_EDATA, path, "not a workload: the file does not begin with \"%s\"",
                    magic);
  }
  if (head->timed_count == 0) {
    return hft_fail(error, HFT_EDATA, path, "the header has no messages to time");
  }
  if (head->id_max < 1 || head->id_max >= HFT_BOOK_ORDERS_MAX) {
    return hft_fail(error, HFT_EDATA, path, "header: highest id %" PRIu32 " out of range [1, %u]",
                    head->id_max, HFT_BOOK_ORDERS_MAX - 1);
  }
  if (head->price_max < 1 || head->price_max > UINT16_MAX) {
    return hft_fail(error, HFT_EDATA, path,
                    "header: highest price %" PRIu32 " out of range [1, %d]", head->price_max,
                    UINT16_MAX);
  }
  return HFT_OK;
}

// Checked before memory is allocated for the messages that the header claims.
static hft_status check_size(FILE *file, const header *head, const char *path, hft_error *error) {
  off_t size = -1;
  if (fseeko(file, 0, SEEK_END) == 0) size = ftello(file);
  if (size < 0 || fseeko(file, (off_t)sizeof *head, SEEK_SET) != 0) {
    return hft_fail(error, HFT_EIO, path, "cannot determine the file's size: %s", strerror(errno));
  }
  uint64_t count = (uint64_t)head->prefill_count + head->timed_count;
  uint64_t wanted = sizeof *head + count * sizeof(hft_message);
  if ((uint64_t)size == wanted) return HFT_OK;
  return hft_fail(error, HFT_EDATA, path,
                  "%s: %" PRIu64 " messages need %" PRIu64 " bytes, the file has %" PRIu64,
                  (uint64_t)size < wanted ? "truncated" : "too long", count, wanted,
                  (uint64_t)size);
}

static hft_status read_messages(FILE *file, const header *head, const char *path, hft_workload *out,
                                hft_error *error) {
  size_t count = (size_t)head->prefill_count + head->timed_count;
  *out = (hft_workload){
      .prefill_count = head->prefill_count,
      .timed_count = head->timed_count,
      .id_max = head->id_max,
      .price_max = head->price_max,
      .messages = malloc(count * sizeof *out->messages),
  };
  if (out->messages == NULL) {
    return hft_fail(error, HFT_ENOMEM, path, "out of memory for %zu messages", count);
  }
  if (fread(out->messages, sizeof *out->messages, count, file) == count) return HFT_OK;
  return hft_fail(error, HFT_EIO, path, "cannot read the file: %s",
                  ferror(file) ? strerror(errno) : "it was truncated while being read");
}

static hft_status read_file(FILE *file, const char *path, hft_workload *out, hft_error *error) {
  header head;
  size_t got = fread(&head, 1, sizeof head, file);
  if (ferror(file))
    return hft_fail(error, HFT_EIO, path, "cannot read the file: %s", strerror(errno));
  if (got != sizeof head) {
    return hft_fail(error, HFT_EDATA, path, "truncated: a header has %zu bytes, the file has %zu",
                    sizeof head, got);
  }
  hft_status status = check_header(&head, path, error);
  if (status == HFT_OK) status = check_size(file, &head, path, error);
  if (status == HFT_OK) status = read_messages(file, &head, path, out, error);
  return status;
}

// What the messages alone tell about an id; they do not tell whether its order has been filled.
enum { ID_UNKNOWN, ID_PLACED, ID_GONE };

typedef struct checker {
  const hft_workload *workload;
  uint8_t *ids;  // by id
  const char *path;
  hft_error *error;
} checker;

static hft_status check_taken_out(const checker *c, size_t index, const char *verb, uint32_t id) {
  if (id >= 1 && id <= c->workload->id_max && c->ids[id] == ID_PLACED) {
    c->ids[id] = ID_GONE;
    return HFT_OK;
  }
  bool gone = id >= 1 && id <= c->workload->id_max && c->ids[id] == ID_GONE;
  return hft_fail(c->error, HFT_EDATA, c->path, "message %zu %s order %" PRIu32 ", which %s", index,
                  verb, id, gone ? "was removed before" : "was never placed");
}

static hft_status check_placed(const checker *c, size_t index, const hft_message *m) {
  const hft_workload *w = c->workload;
  if (m->price < 1 || m->price > w->price_max) {
    return hft_fail(c->error, HFT_EDATA, c->path,
                    "message %zu: price %d out of range [1, %" PRIu32 "]", index, m->price,
                    w->price_max);
  }
  if (m->qty < 1 || m->qty > INT32_MAX) {
    return hft_fail(c->error, HFT_EDATA, c->path,
                    "message %zu: quantity %" PRIu32 " out of range [1, %d]", index, m->qty,
                    INT32_MAX);
  }
  if (m->id < 1 || m->id > w->id_max) {
    return hft_fail(c->error, HFT_EDATA, c->path,
                    "message %zu: id %" PRIu32 " out of range [1, %" PRIu32 "]", index, m->id,
                    w->id_max);
  }
  if (c->ids[m->id] != ID_UNKNOWN) {
    return hft_fail(c->error, HFT_EDATA, c->path,
                    "message %zu: id %" PRIu32 " is already used by an earlier order", index,
                    m->id);
  }
  c->ids[m->id] = ID_PLACED;
  return HFT_OK;
}

static hft_status check_message(const checker *c, size_t index) {
  const hft_message *m = &c->workload->messages[index];
  if (m->type >= HFT_MESSAGE_TYPE_COUNT) {
    return hft_fail(c->error, HFT_EDATA, c->path,
                    "message %zu: type %d is not 0 (limit), 1 (cancel) or 2 (replace)", index,
                    m->type);
  }
  if (m->side > HFT_ASK) {
    return hft_fail(c->error, HFT_EDATA, c->path, "message %zu: side %d is not 0 (bid) or 1 (ask)",
                    index, m->side);
  }
  if (m->type == HFT_MESSAGE_CANCEL) return check_taken_out(c, index, "cancels", m->id);
  if (m->type == HFT_MESSAGE_REPLACE) {
    hft_status status = check_taken_out(c, index, "replaces", m->old);
    if (status != HFT_OK) return status;
  }
  return check_placed(c, index, m);
}

static hft_status check_messages(const hft_workload *workload, const char *path, hft_error *error) {
  checker c = {.workload = workload, .path = path, .error = error};
  c.ids = calloc((size_t)workload->id_max + 1, sizeof *c.ids);
  if (c.ids == NULL) return hft_fail(error, HFT_ENOMEM, path, "out of memory");
  size_t count = (size_t)workload->prefill_count + workload->timed_count;
  hft_status status = HFT_OK;
  for (size_t i = 0; i < count && status == HFT_OK; i++) status = check_message(&c, i);
  free(c.ids);
  return status;
}

hft_status hft_workload_read(const char *path, hft_workload *out, hft_error *error) {
  *out = (hft_workload){0};
  FILE *file = fopen(path, "rb");
  if (file == NULL) {
    return hft_fail(error, HFT_EIO, path, "cannot open the file: %s", strerror(errno));
  }
  hft_status status = read_file(file, path, out, error);
  fclose(file);
  if (status == HFT_OK) status = check_messages(out, path, error);
  if (status != HFT_OK) hft_workload_free(out);
  return status;
}

void hft_workload_free(hft_workload *workload) {
  free(workload->messages);
  *workload = (hft_workload){0};
}
