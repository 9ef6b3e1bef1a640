#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "content.hpp"
#include "library.hpp"
#include "tls/context.hpp"

namespace couplet::tls {

class contexts::impl {
 public:
  context_options options;
  std::vector<context_ptr> libraries_own;  ///< one for each certificate
  std::vector<std::string> fingerprints;   ///< likewise, 32 bytes each
  std::map<std::string, std::size_t, std::less<>> by_name;
};

/// What the library calls for each certificate of a client (the engine's business).
int on_client_certificate(int good, WOLFSSL_X509_STORE_CTX* about);

/// The library's input and output: the context is the engine's turn.
int take_input(WOLFSSL* ssl, char* buffer, int size, void* turn);
int give_output(WOLFSSL* ssl, char* buffer, int size, void* turn);

}  // namespace couplet::tls
