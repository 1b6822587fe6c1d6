#pragma once

#include <string>
#include <string_view>

#include "net/http_head.h"
#include "server/http_server.h"

namespace users::server {

// Appends a whole HTTP/1.1 response: status line, Date, the headers that frame it, the response's
// own headers, and its body unless the request is a HEAD. `date` is the value of Date. `keep_alive`
// says whether the connection stays open after the response.
void AppendResponse(std::string& out, const HttpResponse& response, const net::RequestHead& request,
                    bool keep_alive, std::string_view date);

}  // namespace users::server
