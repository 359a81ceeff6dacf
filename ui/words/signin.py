"""Words of the form to sign in, in English and Turkish. Knows nothing of who signs in."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "signin.title": ("Sign in", "Oturum aç"),
    "signin.lead": (
        "Rungwise asks, builds, serves and measures. This house lets in whom it knows.",
        "Rungwise sorar, kurar, sunar ve ölçer. Bu kurum yalnızca tanıdıklarını içeri alır.",
    ),
    "signin.name": ("Name", "Ad"),
    "signin.password": ("Password", "Parola"),
    "signin.go": ("Sign in", "Oturum aç"),
    "signin.stale": (
        "The form was open too long. Try again, please.",
        "Form çok uzun süre açık kaldı. Lütfen yeniden deneyin.",
    ),
    "signin.out": ("Sign out", "Oturumu kapat"),
    "signin.as": ("{name} · {role}", "{name} · {role}"),
    "signin.provider": ("Sign in with your organisation", "Kurumunuzla oturum açın"),
    "signin.unknown": (
        "{name} is signed in at the provider, but not let in here. Ask an admin of this workspace.",
        "{name} sağlayıcıda oturum açtı, ama burada yetkisi yok. Bu çalışma alanının yöneticisine başvurun.",
    ),
    "signin.viewer": ("viewer", "izleyici"),
    "signin.editor": ("editor", "düzenleyici"),
    "signin.admin": ("admin", "yönetici"),
}
