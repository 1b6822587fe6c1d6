#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <string_view>

namespace users::lambda_runtime {

// Returns the member if it is an object, otherwise null. AWS's events contain null members, which
// count as absent.
inline const boost::json::object* FindObject(const boost::json::object& object,
                                             std::string_view name) {
  const boost::json::value* member = object.if_contains(name);
  return member == nullptr ? nullptr : member->if_object();
}

}  // namespace users::lambda_runtime
