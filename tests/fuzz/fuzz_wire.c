// Fuzzes the reading of request headers, which come from the network: any bytes are either decoded
// to a request whose members keep their bounds, or refused with a fault that an error reply can
// tell.
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "server/scan.h"
#include "server/wire.h"
#include "sim/base/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const hft_wire_request *request, const char *text) {
  HFT_CHECK(text >= request->text && text < request->text + request->text_used);
  size_t room = (size_t)(request->text + request->text_used - text);
  HFT_CHECK(memchr(text, '\0', room) != NULL);
}

static void check_request(const hft_wire_request *request) {
  HFT_CHECK(request->id >= 1 && request->id <= INT64_MAX);
  HFT_CHECK(request->kind < HFT_WIRE_KIND_COUNT);
  HFT_CHECK(request->text_used <= sizeof request->text);
  if (request->kind == HFT_WIRE_HELLO) check_text(request, request->client);
  if (request->kind == HFT_WIRE_MAKE) {
    if (request->config != NULL) check_text(request, request->config);
  }
  if (request->kind == HFT_WIRE_MAKE || request->kind == HFT_WIRE_RESET) {
    HFT_CHECK(request->override_count >= 0 && request->override_count <= HFT_WIRE_PAIRS_MAX);
    for (int i = 0; i < request->override_count; i++) {
      check_text(request, request->override[i].path);
      HFT_CHECK(strlen(request->override[i].value) < sizeof request->text);
    }
  }
  if (request->kind >= HFT_WIRE_RESET) {
    size_t digits = strspn(request->session, "0123456789abcdef");
    HFT_CHECK(digits == strlen(request->session));
    bool may_lack_session = request->kind == HFT_WIRE_PING || request->kind == HFT_WIRE_STATS;
    HFT_CHECK(digits == HFT_WIRE_TOKEN_DIGITS || (digits == 0 && may_lack_session));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static hft_wire_request request;
  static hft_buffer reply;
  hft_wire_fault fault;
  hft_wire_code code = hft_wire_decode(data, size, &request, &fault);
  HFT_CHECK(fault.code == code);
  if (code == HFT_WIRE_OK) {
    check_request(&request);
    return 0;
  }
  HFT_CHECK(code == HFT_WIRE_MALFORMED || code == HFT_WIRE_BAD_FIELD ||
            code == HFT_WIRE_UNKNOWN_KIND);
  HFT_CHECK(request.id <= INT64_MAX);
  HFT_CHECK(hft_wire_encode_error(&reply, request.id, &fault) == HFT_OK);
  HFT_CHECK(reply.size < 1024 && hft_scan(reply.data, reply.size) == NULL);
  return 0;
}
