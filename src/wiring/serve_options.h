#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "server/throttle.h"

namespace users::wiring {

enum class StoreKind { kLocal, kDynamoDb };

// Where the tables are, with StoreKind::kDynamoDb.
struct DynamoDbOptions {
  std::string endpoint;  // a URL; empty: as the environment says, AWS's own at last
  std::string users_table;
  std::string idempotency_table;
  std::uint32_t list_shards = 8;
  bool create_tables = false;
};

// What `usersd serve` was told, checked as far as that goes without touching anything.
struct ServeOptions {
  std::string listen = "127.0.0.1:8080";
  std::string admin_listen = "127.0.0.1:0";
  std::string data = "./users-data";
  std::string tls_cert;
  std::string tls_key;
  bool plaintext = false;
  std::vector<std::string> hosts;  // that requests may be signed for; none: any
  server::ThrottleOptions throttle;
  std::string roles;  // a file; empty: the catalogue that ships
  std::optional<std::string>
      principals;  // a file; none: <data>/principals.json, made at first start
  std::string api_arn = "arn:aws:execute-api:us-east-1:000000000000:users/local";
  LogLevel log_level = LogLevel::kInfo;
  StoreKind store = StoreKind::kLocal;
  DynamoDbOptions dynamodb;
  bool accept_older_store = false;  // open a store that lacks acknowledged changes
  bool relay = true;                // false only where bench/ measures what it costs
};

}  // namespace users::wiring
