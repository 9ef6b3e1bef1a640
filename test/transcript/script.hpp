#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/close_reason.hpp"
#include "route/message.hpp"
#include "stream/client_stream.hpp"
#include "xml/tokenizer.hpp"

// Wire conversations as texts: read, and played on any stage (the bare machine, a whole connection over sockets...).
// README.md describes the language.

namespace couplet::transcript {

/// A route as a text names it: the end that is not our client, and what is inside.
struct routed {
  std::string kind;     ///< auth, start, started, stanza, failure; control, controlled: as on the wire
  std::string address;  ///< `to` where it goes to the manager, `from` where it comes from there
  std::string text;     ///< the XML inside; for a failure its text, then the XML
  friend bool operator==(const routed&, const routed&) = default;
};

struct step {
  enum class kind : std::uint8_t {
    client,        ///< C:  the client sends `text`
    given,         ///< G:  the same, and what comes of it is of no interest
    server,        ///< S:  the server writes `text`
    to_manager,    ///< M>  a route goes to the manager
    from_manager,  ///< M<  a route comes from the manager
    event,         ///< E:  `text` happens
    closed,        ///< X:  the server has closed the stream for the reason `text`
  };
  kind what = kind::client;
  std::string who;  ///< whose connection it is, where there are several; empty: nobody's
  std::string text;
  routed route;
  unsigned line = 0;
};

/// A client of a scene with several.
struct person {
  std::string name;
  std::string jid;         ///< full; empty: the scene logs it in
  bool available = false;  ///< initial presence is sent
};

/// One conversation, and the service that it needs.
struct scene {
  std::string title;
  std::vector<std::string> domains;
  std::map<std::string, std::string> aliases;
  bool plaintext = true;
  bool registration = false;
  bool manager_up = true;
  bool own_logins = false;  ///< whoever answers questions compares passwords, not the manager
  stream::session_protocol sessions = stream::session_protocol::route;
  std::uint32_t attempts = 5;
  // Of components.
  std::string as;                    ///< the handshake of this name is over when the scene begins
  std::string conflict = "replace";  ///< what becomes of a second connection of a name
  std::string default_component;     ///< who gets what is for nobody
  std::uint32_t grace = 10;          ///< seconds that a stanza waits
  std::uint32_t keepalive = 0;       ///< seconds
  std::uint32_t queue = 1'000'000;   ///< bytes that may wait for components that are not there
  // Of several clients in front of the session manager.
  std::vector<person> clients;
  std::vector<std::pair<std::string, std::string>> contacts;  ///< names of clients who are subscribed to each other
  std::vector<std::string> accounts;                          ///< beside those of the clients
  std::vector<std::string> operators;                         ///< URIs of who runs the server
  std::vector<std::string> admins;                            ///< bare JIDs of who may use commands
  std::string address;                                        ///< IP of all clients; empty: their connections have none
  bool archive = false;
  std::uint32_t waiting = 100;  ///< messages that wait for an account
  xml::tokenizer_limits limits;
  std::vector<step> steps;
};

/// Reads all scenes of a text. Throws std::runtime_error with the line that is wrong.
std::vector<scene> parse(std::string_view text);

/// A file of conversations.
struct text {
  std::string name;
  std::vector<scene> scenes;
};

/// All texts of the folder that the environment's COUPLET_TRANSCRIPTS names, or of one below it, in the order of their names. Throws
/// std::runtime_error that names file and line.
std::vector<text> all_texts(std::string_view below = {});

// What a stage needs to play a scene on a real client stream.

stream::client_settings settings_of(const scene& s);
/// What is answered to a question of a scene's client: the password is "secret", for every name.
sasl::answer answer_to(const sasl::question& q);
/// The route that a manager sends to `client`.
route::message message_from(const routed& r, std::uint64_t client);
/// The route that came from `client`. Throws std::runtime_error where it says that it came from elsewhere, or is of a kind that no client
/// stream sends.
routed to_text(const route::message& m, std::uint64_t client);
/// Throws std::runtime_error where none is called so.
base::close_reason reason_called(std::string_view name);

/// The values of {names}, by which a text can speak of what is random.
class variables {
 public:
  /// The bytes that a text stands for. Throws std::runtime_error where a name has no value yet.
  std::string fill(std::string_view pattern) const;
  /// How many bytes at the front of `actual` the pattern stands for; nothing where they differ. A name without a value
  /// takes the hexadecimal digits that stand there, at least 16, as its value; {number NAME} takes decimal digits, {any NAME} what stands before
  /// the next quote or tag.
  std::optional<std::size_t> match(std::string_view pattern, std::string_view actual);

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// What a scene is played on.
class stage {
 public:
  virtual ~stage() = default;
  virtual void client_sends(std::string_view bytes) = 0;
  virtual void manager_sends(const routed& route) = 0;
  /// "deadline", "gone", "manager down", "manager up", "end REASON".
  virtual void happens(const std::string& event) = 0;
  /// All that was written to the client since the last call. A stage with an event loop runs it until nothing happens any more.
  virtual std::string take_written() = 0;
  virtual std::vector<routed> take_routes() = 0;
  /// The name of the close_reason; empty: the stream is open.
  virtual std::string closed() const = 0;
};

/// How the client's bytes are cut: into pieces of `every` bytes (0: whole), or in two at the byte `at` of all that the client sends.
struct cutting {
  std::size_t every = 0;
  std::size_t at = static_cast<std::size_t>(-1);
};

/// Plays a scene. Throws std::runtime_error that tells the line, what was expected, and what came. Returns how many bytes the client
/// has sent.
std::size_t play(const scene& s, stage& on, const cutting& cut = {});

}  // namespace couplet::transcript
