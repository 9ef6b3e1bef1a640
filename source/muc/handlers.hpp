#pragma once

#include "room.hpp"

/// What a service does with each kind of stanza. Each answers where an answer is owed.
namespace couplet::muc {

/// entry.cpp, exit.cpp: joins, changes of presence and nickname, exits, errors that come back.
void on_presence(turn& t);
void enter(turn& t, room* r);
/// He cannot be reached: somebody's stanza came back from him.
void on_error(turn& t);

/// messages.cpp: to the room and through it.
void on_message(turn& t);
/// invitations.cpp: `x` is the child of muc#user. False: it is neither an invitation nor a declination.
bool on_invitation(turn& t, room& r, const xml::element& x);
/// voice.cpp: `x` is a form. False: it is no request and no approval.
bool on_voice_form(turn& t, room& r, const xml::element& x);

/// requests.cpp: iq, to the service, to rooms, and through them.
void on_iq(turn& t);
/// passing.cpp: what occupants ask each other.
void pass_request(turn& t, room& r);
void pass_answer(turn& t, room& r);

/// discovery.cpp. False: it is none of the two.
bool on_service_discovery(turn& t, const xml::element& payload);
bool on_room_discovery(turn& t, room& r, const xml::element& payload);

/// admin.cpp, owner.cpp, registration.cpp: `query` is the payload.
void on_admin(turn& t, room& r, const xml::element& query);
void on_owner(turn& t, room& r, const xml::element& query);
void on_registration(turn& t, room& r, const xml::element& query);

/// change.cpp. Whether the room is about to be changed: then the stanza is kept, and comes again behind that.
bool has_to_wait(turn& t, room& r);
/// The change is checked; it is made at once, or when it is stored. The room may be gone afterwards.
void make_change(turn& t, room& r, change what);
/// It is stored, or is not.
void on_change_stored(room& r, stored outcome, effects& out);
/// A change that nobody waits for: the subject.
void store_subject(core& all, const room& r, effects& out);
/// An account is no more; see service::on_account_removed(). The room may be needed by nobody afterwards.
void forget_account(core& all, room& r, std::string_view bare_jid, effects& out);
/// Fills in the answer.
change change_asked_by(turn& t, room& r);
/// The role of an occupant is another one now.
void give_role(effects& out, room& r, occupant& o, role wanted, std::string_view actor, std::string_view reason);

/// The room is no more, whatever was under way with it: everybody who waits is told.
void destroy_at_once(core& all, room& r, time_point now, effects& out);

/// A room that nobody needs any more, and what it is counted in. `r` is gone afterwards.
void bury(core& all, room& r);

}  // namespace couplet::muc
