#include "cli/setup.h"

static const hft_catalog *the_catalog(void) {
  static hft_catalog catalog;
  hft_catalog_init(&catalog);
  return &catalog;
}

const hft_schema *cli_schema(void) {
  return &the_catalog()->schema;
}

hft_status cli_load_config(const char *name, const cli_list *overrides, hft_config **out,
                           hft_error *error) {
  *out = NULL;
  hft_config *config;
  hft_status status = hft_catalog_config(the_catalog(), &config, error);
  if (status != HFT_OK) return status;
  if (name != NULL) status = hft_catalog_merge(config, name, error);
  for (int i = 0; i < overrides->count && status == HFT_OK; i++) {
    status = hft_config_set(config, overrides->item[i], error);
  }
  if (status != HFT_OK) {
    hft_config_free(config);
    return status;
  }
  *out = config;
  return HFT_OK;
}

hft_status cli_create_model(const hft_config *config, hft_model **out, hft_error *error) {
  return hft_model_create(config, hft_catalog_classes, hft_catalog_class_count, NULL, 0, out,
                          error);
}
