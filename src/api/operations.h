#pragma once

#include "api/operation.h"
#include "api/request.h"
#include "api/response.h"
#include "base/result.h"
#include "base/task.h"
#include "service/user_service.h"

// The eight operations, one file each: validate the request, call the service, render the answer.
// The request and the service outlive the call.
namespace users::api {

Task<Result<Response>> UsersRegisterCreate(const Request& request, service::UserService& users);
Task<Result<Response>> UsersProfileGet(const Request& request, service::UserService& users);
Task<Result<Response>> UsersProfileUpdate(const Request& request, service::UserService& users);
Task<Result<Response>> UsersStatusUpdate(const Request& request, service::UserService& users);
Task<Result<Response>> UsersRoleAssign(const Request& request, service::UserService& users);
Task<Result<Response>> UsersRoleRemove(const Request& request, service::UserService& users);
Task<Result<Response>> UsersListQuery(const Request& request, service::UserService& users);
Task<Result<Response>> UsersAuditQuery(const Request& request, service::UserService& users);

// Runs the operation of that name and turns its errors into answers. A program with all operations
// calls this; a function with one calls that one.
Task<Response> Dispatch(Operation operation, const Request& request, service::UserService& users);

}  // namespace users::api
