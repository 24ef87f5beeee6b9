from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import path

from shop.celery import greet


def health(request):
    return HttpResponse("ok\n")


def home(request):
    greet.delay("from the web")
    return HttpResponse(f"{User.objects.count()} users\n")


urlpatterns = [path("health", health), path("", home)]
