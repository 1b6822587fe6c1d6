#pragma once

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <string>

namespace users::testing {

// The metrics that CloudWatch reads from a log line.
struct EmbeddedMetricsOfLine {
  std::string ns;
  std::int64_t timestamp = 0;
  std::map<std::string, std::string> dimensions;
  std::map<std::string, double> values;
  std::map<std::string, std::string> units;
};

// Reads a log line. Reports to GoogleTest everything that CloudWatch would ignore: a directive that
// breaks the format, a metric without a member of the root, or a dimension that is not a text
// there.
inline EmbeddedMetricsOfLine ReadEmbeddedMetrics(const std::string& line) {
  namespace bj = boost::json;
  EmbeddedMetricsOfLine read;
  bj::error_code error;
  const bj::value parsed = bj::parse(line, error);
  if (error || !parsed.is_object() || !parsed.as_object().contains("_aws")) {
    ADD_FAILURE() << "no metrics in " << line;
    return read;
  }
  const bj::object& root = parsed.as_object();
  const bj::object& metadata = root.at("_aws").as_object();
  EXPECT_EQ(metadata.size(), 2U) << line;
  read.timestamp = metadata.at("Timestamp").as_int64();
  const bj::array& directives = metadata.at("CloudWatchMetrics").as_array();
  EXPECT_EQ(directives.size(), 1U) << line;
  const bj::object& directive = directives.at(0).as_object();
  EXPECT_EQ(directive.size(), 3U) << line;
  read.ns = directive.at("Namespace").as_string();
  EXPECT_EQ(directive.at("Dimensions").as_array().size(), 1U) << line;
  for (const bj::value& name : directive.at("Dimensions").as_array().at(0).as_array()) {
    const bj::value* value = root.if_contains(name.as_string());
    const bool is_text = value != nullptr && value->is_string() && !value->as_string().empty();
    EXPECT_TRUE(is_text) << "dimension " << name << " in " << line;
    if (is_text) read.dimensions[std::string(name.as_string())] = value->as_string();
  }
  for (const bj::value& metric : directive.at("Metrics").as_array()) {
    EXPECT_EQ(metric.as_object().size(), 2U) << line;
    const std::string name(metric.at("Name").as_string());
    const bj::value* value = root.if_contains(name);
    const bool is_number = value != nullptr && value->is_number();
    EXPECT_TRUE(is_number) << "metric " << name << " in " << line;
    EXPECT_FALSE(read.values.contains(name)) << name << " twice in " << line;
    if (is_number) read.values[name] = value->to_number<double>();
    read.units[name] = metric.at("Unit").as_string();
  }
  return read;
}

}  // namespace users::testing
