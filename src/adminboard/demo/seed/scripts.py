"""The wordings that conversations are put together from."""

from collections.abc import Mapping
from dataclasses import dataclass

from adminboard.demo.seed.draw import Weighted


@dataclass(frozen=True, slots=True)
class Script:
    """A kind of call. Each part is said in one of its wordings, with the placeholders filled in."""

    parts: tuple[tuple[str, ...], ...]
    summaries: tuple[str, ...]
    is_booking: bool = False


WHO = (
    "Agent: May I have your name, please?\nCaller: Sure, it's {caller}.",
    "Agent: Who am I speaking with?\nCaller: {caller}, I have called before.",
    "Agent: And your name?\nCaller: {caller}. You can reach me at this number.",
)
BYE = (
    "Agent: Is there anything else I can do for you?\nCaller: No, that's all. Thank you so much.",
    "Agent: Thank you for calling {business}. Have a nice day!\nCaller: You too, bye.",
    "Caller: Great, thanks for your help.\nAgent: You're welcome. Goodbye!",
    "Agent: I have written everything down. Goodbye, {first}.\nCaller: Bye bye.",
)
SCRIPTS = Weighted(
    {
        Script(
            (
                (
                    "Caller: Hi, {problem}, and I would like to make an appointment.",
                    "Caller: Hello, I need an appointment for {service}. Actually, {problem}.",
                    "Caller: Good morning. Can I book {service} sometime this week?",
                ),
                WHO,
                (
                    "Agent: I have {day} at {time} or the day after.\nCaller: {day} at {time} is perfect.",
                    "Agent: The next opening is {day} at {time}.\nCaller: A bit early, but yes.",
                    "Agent: Would {day} at {time} work for you?\nCaller: Yes, I can do that.",
                ),
                (
                    "Agent: You are booked for {service} on {day} at {time}. A text message will confirm it.",
                    "Agent: Wonderful, {service} on {day} at {time} it is. Please come ten minutes early.",
                ),
                BYE,
            ),
            (
                "{caller} booked {service} for {day} at {time}.",
                "Appointment made: {service}, {day} {time}. The caller said that {problem}.",
                "Caller says that {problem} and booked {service} for {day}, {time}.",
            ),
            is_booking=True,
        ): 30,
        Script(
            (
                (
                    "Caller: Hi, I just have a question: {question}?",
                    "Caller: Hello! Could you tell me, {question}?",
                ),
                (
                    "Agent: Good question. Yes, we do, and most people ask about {service} as well.",
                    "Agent: That depends a little on the case; I will have you called back.",
                    "Agent: Let me check. For {service} it usually takes one visit.",
                ),
                (
                    "Caller: All right, I will think about it.",
                    "Caller: Perfect, that is what I wanted to hear.",
                    "Caller: Then please have someone call me, {caller} is the name.",
                ),
                BYE,
            ),
            (
                "General question: {question}? Answered.",
                "{caller} asked: {question}? Wants a call back.",
                "Caller wanted to know about {service} and asked: {question}?",
            ),
        ): 22,
        Script(
            (
                (
                    "Caller: Hi, this is {caller}. I have to move my appointment for {service}.",
                    "Caller: I can't make it on {day}, can we reschedule?",
                ),
                (
                    "Agent: Of course. Does {day} at {time} work instead?\nCaller: That would be great.",
                    "Agent: No problem. I can offer {day} at {time}.\nCaller: Let me see... yes.",
                ),
                BYE,
            ),
            (
                "{caller} moved the appointment for {service} to {day} at {time}.",
                "Rescheduled to {day}, {time}.",
            ),
        ): 10,
        Script(
            (
                (
                    "Caller: This is an emergency, {problem}!",
                    "Caller: Please help, {problem} and I don't know what to do.",
                ),
                WHO,
                (
                    "Agent: I understand. I am putting you through to the person on duty right away.",
                    "Agent: Help is on the way; someone will call you within ten minutes.",
                ),
                ("Caller: Please hurry.", "Caller: Thank you, thank you."),
            ),
            (
                "URGENT: {problem}. {caller} needs a call back at once.",
                "Emergency: {problem}. Passed on to the person on duty.",
            ),
        ): 8,
        Script(
            (
                (
                    "Caller: I want to complain. You were here for {service} and {problem} again.",
                    "Caller: I am really not happy with the {service}. I would like a refund.",
                ),
                ("Agent: I am sorry to hear that. When was that?\nCaller: Last {day}, around {time}.",),
                WHO,
                ("Agent: I have noted the complaint and the owner will call you back today.",),
            ),
            (
                "Complaint about {service}: {problem}. {caller} expects the owner's call today.",
                "{caller} is unhappy with the {service} and asks for a refund.",
            ),
        ): 6,
        Script(
            (
                (
                    "Caller: I'd like to cancel my appointment on {day}.",
                    "Caller: Please cancel the {service}, something came up.",
                ),
                (
                    "Agent: It is cancelled. Would you like another date?\nCaller: Not now.",
                    "Agent: Done. There is no fee because it is more than a day away.\nCaller: Good to know.",
                ),
                BYE,
            ),
            (
                "{caller} cancelled the appointment for {service} on {day}.",
                "Cancellation, no new date wanted.",
            ),
        ): 7,
        Script(
            (
                (
                    "Caller: We have been trying to reach you about your business loan.",
                    "Caller: Congratulations, your listing qualifies for a free upgrade.",
                ),
                ("Agent: Thank you, we are not interested. Please take us off your list.",),
            ),
            ("Sales call, no action needed.", "Robocall about a business loan.", "Spam."),
        ): 9,
        Script(
            (
                ("Caller: Oh, I think I dialed the wrong number. Is this the pharmacy?",),
                ("Agent: No, this is {business}.\nCaller: Sorry about that!\nAgent: No problem, goodbye.",),
            ),
            ("Wrong number.", "The caller wanted a pharmacy."),
        ): 4,
    }
)
SPANISH = Script(
    (
        (
            "Caller: Buenas tardes, quisiera una cita para {service}.",
            "Caller: Hola, ¿hablan español? Necesito ayuda con {service}.",
        ),
        ("Agent: Claro que sí. ¿Cómo se llama usted?\nCaller: Me llamo {caller}.",),
        ("Agent: Tengo libre el {date} a las {time}. ¿Le conviene?\nCaller: Sí, perfecto, muchas gracias.",),
        (
            "Agent: Queda confirmado. ¡Hasta luego!",
            "Agent: Le enviaremos un mensaje de confirmación. ¡Que tenga un buen día!",
        ),
    ),
    (
        "{caller} pidió una cita para {service} el {date} a las {time}.",
        "Spanish-speaking caller booked {service}.",
    ),
    is_booking=True,
)
GERMAN = Script(
    (
        ("Caller: Guten Tag, ich hätte gern einen Termin für {service}.",),
        ("Agent: Gern. Auf welchen Namen?\nCaller: {caller}.",),
        ("Agent: Am {date} um {time} wäre etwas frei.\nCaller: Das passt mir gut, danke schön.",),
        ("Agent: Ist notiert. Auf Wiederhören!",),
    ),
    ("{caller} hat einen Termin für {service} am {date} um {time}.",),
    is_booking=True,
)
ARABIC = Script(
    (
        ("Caller: مرحبا، أريد أن أحجز موعدا من فضلك.",),
        ("Agent: أهلا وسهلا. ما اسمك؟\nCaller: اسمي {caller}.",),
        ("Agent: الموعد يوم {date} الساعة {time}.\nCaller: شكرا جزيلا.",),
    ),
    ("حجز {caller} موعدا يوم {date} الساعة {time}.",),
    is_booking=True,
)
JAPANESE = Script(
    (
        ("Caller: もしもし、予約をお願いしたいのですが。",),
        ("Agent: かしこまりました。お名前をお願いします。\nCaller: {caller}です。",),
        ("Agent: {date}の{time}はいかがでしょうか。\nCaller: はい、お願いします。",),
    ),
    ("{caller}様、{date} {time}に予約。",),
    is_booking=True,
)
SCRIPTS_OF_LANGUAGE: Mapping[str, Script] = {
    "es-US": SPANISH,
    "de-DE": GERMAN,
    "ar-SA": ARABIC,
    "ja-JP": JAPANESE,
}
VOICEMAILS = (
    "Caller: Hi, this is {caller}. {Problem}. Please call me back, thanks.",
    "Caller: Hello, {caller} here, it's about the {service}. You can reach me until {time}. Bye.",
    "Caller: Uh, I hate talking to machines. {Question}? Call me.",
)
ASIDES = (
    "Caller: By the way, mind the {rare} near the entrance.\nAgent: Noted, thank you.",
    "Caller: And it has to do with the {rare}, if that means anything to you.\nAgent: I will write it down.",
)
REFERENCES = "Agent: Your reference is {reference}.\nCaller: {reference}, got it."
