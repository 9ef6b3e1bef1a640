#include "curl_library.hpp"

#include <dlfcn.h>

namespace couplet::credentials {

namespace {

constexpr unsigned oldest_version = 0x075500;  // 7.85: protocols by name

template <class function>
bool find(void* library, const char* name, function& into) noexcept {
  into = reinterpret_cast<function>(::dlsym(library, name));
  return into != nullptr;
}

}  // namespace

bool curl_library::find_all(void* l) noexcept {
  return find(l, "curl_version_info", version_info) && find(l, "curl_global_init", global_init) && find(l, "curl_free", free) &&
         find(l, "curl_slist_append", slist_append) && find(l, "curl_slist_free_all", slist_free_all) &&
         find(l, "curl_url", url) && find(l, "curl_url_cleanup", url_cleanup) && find(l, "curl_url_get", url_get) &&
         find(l, "curl_url_set", url_set) && find(l, "curl_url_strerror", url_strerror) && find(l, "curl_easy_init", easy_init) &&
         find(l, "curl_easy_cleanup", easy_cleanup) && find(l, "curl_easy_setopt", easy_setopt) &&
         find(l, "curl_easy_getinfo", easy_getinfo) && find(l, "curl_easy_strerror", easy_strerror) &&
         find(l, "curl_multi_init", multi_init) && find(l, "curl_multi_cleanup", multi_cleanup) &&
         find(l, "curl_multi_add_handle", multi_add_handle) && find(l, "curl_multi_remove_handle", multi_remove_handle) &&
         find(l, "curl_multi_perform", multi_perform) && find(l, "curl_multi_poll", multi_poll) &&
         find(l, "curl_multi_wakeup", multi_wakeup) && find(l, "curl_multi_info_read", multi_info_read);
}

base::result<const curl_library*> curl_library::load() {
  static const auto loaded = []() -> base::result<const curl_library*> {
    static curl_library curl;
    for (const char* name : {"libcurl-gnutls.so.4", "libcurl.so.4"}) {
      void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
      if (library == nullptr) continue;
      if (!curl.find_all(library) || curl.version_info(CURLVERSION_NOW)->version_num < oldest_version) continue;
      if (curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) return &curl;
    }
    return base::error("the library libcurl (libcurl-gnutls.so.4 or libcurl.so.4, 7.85 or newer) is not installed");
  }();
  return loaded;
}

}  // namespace couplet::credentials
