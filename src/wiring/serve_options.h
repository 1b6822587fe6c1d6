#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "server/throttle.h"

namespace users::wiring {

// The stores that a server can use.
enum class StoreKind { kLocal, kDynamoDb };

// The tables of StoreKind::kDynamoDb.
struct DynamoDbOptions {
  std::string endpoint;  // a URL; empty: from the environment, otherwise AWS's own
  std::string users_table;
  std::string idempotency_table;
  std::uint32_t list_shards = 8;
  bool create_tables = false;
};

// The options of `usersd serve`, validated as far as is possible without side effects.
struct ServeOptions {
  std::string listen = "127.0.0.1:8080";
  std::string admin_listen = "127.0.0.1:0";
  std::string data = "./users-data";
  std::string tls_cert;
  std::string tls_key;
  bool plaintext = false;
  std::vector<std::string> hosts;  // accepted in signed requests; empty: any
  server::ThrottleOptions throttle;
  std::string roles;  // a file; empty: the built-in catalogue
  std::optional<std::string>
      principals;  // a file; none: <data>/principals.json, created at first start
  std::string api_arn = "arn:aws:execute-api:us-east-1:000000000000:users/local";
  LogLevel log_level = LogLevel::kInfo;
  StoreKind store = StoreKind::kLocal;
  DynamoDbOptions dynamodb;
  bool accept_older_store = false;  // open a store that lacks acknowledged changes
  // The age up to which the index of all entries by commit order is kept.
  std::chrono::milliseconds event_retention = std::chrono::hours(365 * 24);
  bool relay = true;  // false only if bench/ measures its cost
};

}  // namespace users::wiring
