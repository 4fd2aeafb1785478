#include "server/seal.h"

#include <sodium.h>
#include <string.h>

#include "server/keyfile.h"
#include "sim/base/check.h"
#include "sim/base/entropy.h"

#define MAGIC "HFTSEAL\1"
#define TAG_BYTES 32
#define SALT_BYTES (HFT_SEAL_BYTES - TAG_BYTES)  // covered by the tag together with the save
#define DIGITS ((size_t)2 * HFT_SEAL_KEY_BYTES)

_Static_assert(sizeof MAGIC - 1 == 8, "a word");
_Static_assert(TAG_BYTES == crypto_generichash_BYTES, "the tag is libsodium's");
_Static_assert(HFT_SEAL_KEY_BYTES == crypto_generichash_KEYBYTES, "so is the key");

bool hft_seal_start(void) {
  return sodium_init() >= 0;
}

static void make_tag(const void *bytes, size_t size, const uint8_t *key, uint8_t tag[TAG_BYTES]) {
  int status =
      crypto_generichash(tag, TAG_BYTES, bytes, size + SALT_BYTES, key, HFT_SEAL_KEY_BYTES);
  HFT_CHECK(status == 0);
}

void hft_seal(void *bytes, size_t size, const uint8_t key[HFT_SEAL_KEY_BYTES]) {
  uint8_t *seal = (uint8_t *)bytes + size;
  memset(seal, 0, HFT_SEAL_BYTES);
  memcpy(seal, MAGIC, sizeof MAGIC - 1);
  make_tag(bytes, size, key, seal + SALT_BYTES);
}

bool hft_seal_check(const void *bytes, size_t size, const uint8_t key[HFT_SEAL_KEY_BYTES]) {
  const uint8_t *seal = (const uint8_t *)bytes + size;
  uint8_t tag[TAG_BYTES];
  make_tag(bytes, size, key, tag);
  // The key was right but the magic is another: the bytes are of another version.
  return sodium_memcmp(tag, seal + SALT_BYTES, TAG_BYTES) == 0 &&
         memcmp(seal, MAGIC, sizeof MAGIC - 1) == 0;
}

hft_status hft_seal_key_write(const char *path, hft_error *error) {
  uint8_t key[HFT_SEAL_KEY_BYTES];
  if (!hft_entropy_draw(key, sizeof key)) {
    return hft_fail(error, HFT_EIO, path, "the system provides no entropy");
  }
  char text[DIGITS + 2];
  sodium_bin2hex(text, DIGITS + 1, key, sizeof key);
  memcpy(text + DIGITS, "\n", 2);
  hft_status status = hft_keyfile_write(path, 0600, text, error);
  sodium_memzero(key, sizeof key);
  sodium_memzero(text, sizeof text);
  return status;
}

hft_status hft_seal_key_read(const char *path, uint8_t key[HFT_SEAL_KEY_BYTES], hft_error *error) {
  char text[HFT_KEYFILE_BYTES_MAX];
  hft_status status = hft_keyfile_read(path, true, text, error);
  if (status != HFT_OK) return status;
  size_t length = strcspn(text, "\r\n"), read = 0;
  const char *rest = text + length + strspn(text + length, "\r\n");
  bool is_key = length == DIGITS && *rest == '\0' &&
                sodium_hex2bin(key, HFT_SEAL_KEY_BYTES, text, length, NULL, &read, NULL) == 0 &&
                read == HFT_SEAL_KEY_BYTES;
  sodium_memzero(text, sizeof text);
  if (is_key) return HFT_OK;
  return hft_fail(error, HFT_EDATA, path,
                  "not a save key (64 hex digits); 'hftsim keygen --save-key FILE' makes one");
}
